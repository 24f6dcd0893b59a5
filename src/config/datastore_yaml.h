// The datastore's settings as YAML, in the shape of the incumbent. yaml-cpp is seen by datastore_yaml.cpp only.
//
//   provider: mongodb
//   connection:
//     host, port, database, username, password, sslmode, sslcert, sslkey, sslrootcert: scalars
//     tls: {certPath, keyPath, caPath}
//     extraParams: names and scalars
//   options: anything
//
// Names are taken in their exact spelling; unknown ones are warned about and ignored.
// Thread-safety: free functions without state.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "config/draft.h"

namespace exporter::config {

// What one source says of the datastore, under the names of this shape: "connection.tls.caPath". No empty values.
using DatastoreValues = std::map<std::string, Given, std::less<>>;

inline constexpr std::string_view kExtraParams = "connection.extraParams";

// `name`: the file, for the lines of problems. What is wrong becomes an error of the draft. Every value that is there
// is also known to the draft by its name here, so that notes find it.
[[nodiscard]] DatastoreValues read_datastore_yaml(const std::string& text, const std::string& name, Draft& draft);

}  // namespace exporter::config
