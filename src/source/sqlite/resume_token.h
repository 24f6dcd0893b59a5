// What stands in a row of resume_tokens: JSON in two columns. Internal to this folder.
//
//   resume_token  {"timestamp": "2026-09-09T12:00:00.125431Z", "eventID": 48211}: the shape of the PostgreSQL provider.
//                 Only eventID (the change-log id) decides; the time is for people.
//   state         what we know beyond it (watermark, backfill, ahead), with a digest of the resume_token it was saved with. When
//                 another hand has rewritten resume_token, the digest no longer fits and the state is ignored: it
//                 describes an older place. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "ports/checkpoint_store.h"

namespace exporter::sqlite {

std::string write_resume_token(std::int64_t change_id, WallTime changed_at);
std::string write_state(const ports::Checkpoint& checkpoint, std::string_view resume_token);

// A checkpoint with the stream position of `fingerprint`'s file. `state` empty: none was stored.
// Errors: corrupt when either text is not of the form above (state: only when its digest fits, or cannot be read).
Result<ports::Checkpoint> read_checkpoint(std::string_view resume_token, std::string_view state,
                                          std::string_view fingerprint);

}  // namespace exporter::sqlite
