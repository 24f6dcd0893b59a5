// Resume tokens, and the positions and cursors made from them. Internal to this folder.
//
// A resume token is a document that the server gives and takes back ({"_data": "82..."} since MongoDB 4.2); what is in
// it is the server's business, with one exception below. A position is the token's bytes behind four bytes that say
// which stream it belongs to. Servers that only speak MongoDB's protocol may give tokens with changes alone, none for
// the place between them; until the first change, a moment of the server's clock then stands for the token.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/position.h"
#include "source/mongodb/bson.h"

namespace exporter::mongodb {

[[nodiscard]] event::Position make_position(std::uint32_t fingerprint, std::string_view token);
// The token's bytes, a well-formed document; nothing when it is no position of this stream. Valid while `position` is.
[[nodiscard]] std::optional<std::string_view> token_of(const event::Position& position, std::uint32_t fingerprint);

// The moment that stands for a token, {"startAtOperationTime": time}: what comes at this time or later is not read yet.
inline constexpr std::string_view kStartAt = "startAtOperationTime";
[[nodiscard]] Bson moment_as_token(ClusterTime time);

// When the token's change happened, or the place between changes was taken. Servers since 4.2 write it in front of
// `_data`: 0x82 (a timestamp in the encoding that keys of indexes have), then seconds and increment, big-endian, in hex.
// Not documented, so only a hint: unknown for a token of any other form.
[[nodiscard]] ClusterTime time_of(std::string_view token);

// Whether that time lies in the future of the server that gave `reply`, by more than members' notions of it may differ.
// False when the reply tells no time.
[[nodiscard]] bool is_ahead(ClusterTime time, std::string_view reply);

// The newest moment whose changes lie before the token: a view of the collection as of then has none that the stream
// brings after it. A token taken between changes means "what comes at its time or later", one of a change "what comes
// later". Unknown when the time is.
[[nodiscard]] ClusterTime last_before(std::string_view token);

// A document's key as text, which names the document for ever: an ObjectId as its 24 hex digits, any other value as
// canonical Extended JSON (so a string is quoted, and never looks like an ObjectId).
[[nodiscard]] std::string document_id(const Field& id);
// The way back: {_id: KEY}. Nothing when the text is no document's name, or that of a key which the Extended JSON of the
// driver does not read back as it wrote it.
[[nodiscard]] std::optional<Bson> key_of(const std::string& document_id);

}  // namespace exporter::mongodb
