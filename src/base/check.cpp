#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace exporter::detail {

void check_failed(const char* condition, const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, what, condition);
  std::abort();
}

}  // namespace exporter::detail
