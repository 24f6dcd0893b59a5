// A real MongoDB for tests in C++: one server for the whole test program, a replica set of one node without users.
//
// The program is the one of scripts/mongod-path, or $MONGOD; there being none ends the test program with the reason. The
// server starts at the first call, on a port of 127.0.0.1 that the kernel gave, with its files in a temporary directory.
// Both go when the program ends; the server also when the program is killed. A test keeps to a database of its own.
// Thread-safety: safe, but the first uri() is the main thread's: its end is what ends a server whose program is killed.
#pragma once

#include <string>

namespace exporter::testing {

class Mongod {
 public:
  // "mongodb://127.0.0.1:PORT/?replicaSet=rs0". About a second when it is the first call.
  static std::string uri();

  // A name that no other call got.
  static std::string fresh_database();
};

}  // namespace exporter::testing
