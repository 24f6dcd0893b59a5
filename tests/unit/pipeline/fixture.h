// What the tests of this folder share: documents as they are stored, and the stages that prepare them.
#pragma once

#include <string>

#include "decode/json_decoder.h"
#include "pipeline/preparer.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::pipeline {

inline std::string document(const std::string& node) {
  return R"({"healthevent":{"version":1,"checkName":"c","nodeName":")" + node +
         R"(","generatedTimestamp":{"seconds":1}}})";
}

struct Stages {
  decode::JsonDecoder decoder;
  transform::CloudEventWriter writer{{.metadata = {{"cluster", "test"}}}};
  transform::EventIds ids{transform::EventIds::Mode::stable, "memory/db/events/"};
  Preparer preparer{decoder, writer, ids};
};

}  // namespace exporter::pipeline
