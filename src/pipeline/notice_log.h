// Turns the heart's notices into log lines. A sink that is down makes thousands of failed attempts a second; the log
// folds them (observability/line_folder.h). Thread-safety: any thread.
#pragma once

#include <cstdint>

#include "pipeline/heart.h"

namespace exporter::pipeline {

void log_notice(const Notice& notice, std::uint32_t max_retries);

}  // namespace exporter::pipeline
