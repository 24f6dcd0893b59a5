// JSON documents, as PostgreSQL's and SQLite's stores hold them.
//
// The whole document is parsed and checked first (simdjson's DOM), then read: it is at least as quick as simdjson's
// on-demand interface when most fields are wanted, and a document is either valid JSON or refused, wherever the fault is.
#pragma once

#include <memory>

#include "decode/decoder.h"

namespace exporter::decode {

// No allocation per event once its buffers have grown; after a document above 1 MiB they are given back.
// Thread-safety: none, as Decoder.
class JsonDecoder final : public Decoder {
 public:
  JsonDecoder();
  ~JsonDecoder() override;
  JsonDecoder(const JsonDecoder&) = delete;
  JsonDecoder& operator=(const JsonDecoder&) = delete;

  Result<void> decode(std::string_view document, event::HealthEvent& out) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::decode
