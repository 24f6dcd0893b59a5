// A database of its own on the test program's real mongod.
#pragma once

#include <memory>

#include "contract/store_world.h"

namespace exporter::testing {

std::unique_ptr<StoreWorld> make_mongodb_world();

}  // namespace exporter::testing
