#include "config/mongodb_tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "config/apply.h"
#include "config/text.h"

namespace exporter::config {

namespace {

enum Part : std::size_t { kCertificate, kKey, kAuthority };
using Names = std::array<std::string_view, 3>;  // by Part

constexpr Names kKeys = {"exporter.datastore.certificate_file", "exporter.datastore.key_file",
                         "exporter.datastore.ca_file"};
constexpr Names kVariables = {"MONGODB_CLIENT_CERT_PATH", "MONGODB_CLIENT_KEY_PATH", "MONGODB_CA_CERT_PATH"};
constexpr Names kDatastoreVariables = {"DATASTORE_SSLCERT", "DATASTORE_SSLKEY", "DATASTORE_SSLROOTCERT"};
constexpr Names kYaml = {"connection.sslcert", "connection.sslkey", "connection.sslrootcert"};
constexpr Names kYamlTls = {"connection.tls.certPath", "connection.tls.keyPath", "connection.tls.caPath"};
constexpr Names kMounted = {"tls.crt", "tls.key", "ca.crt"};

// One file with the names of the set that it was given in, so that a message can name the missing one.
struct File {
  Given given;
  const Names* names = nullptr;  // nullptr: no file
};
using Set = std::array<File, 3>;  // by Part

bool any(const Set& set) {
  return std::any_of(set.begin(), set.end(), [](const File& file) { return file.names != nullptr; });
}

Set from_directory(std::string directory, const Origin& origin) {
  if (!directory.ends_with('/')) {
    directory += '/';
  }
  Set set;
  for (std::size_t part = 0; part < set.size(); ++part) {
    set[part] = File{Given{directory + std::string(kMounted[part]), origin}, &kMounted};
  }
  return set;
}

Set from_variables(const Environment& environment) {
  Set set;
  for (std::size_t part = 0; part < set.size(); ++part) {
    if (auto given = given_variable(environment, std::string(kVariables[part]))) {
      set[part] = File{*std::move(given), &kVariables};
    }
  }
  return set;
}

Set from_keys(const Draft& draft) {
  const Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  const std::array<std::string, 3> values = {mongodb.certificate_file, mongodb.key_file, mongodb.ca_file};
  Set set;
  for (std::size_t part = 0; part < set.size(); ++part) {
    if (const Origin* origin = draft.origin(kKeys[part]); origin != nullptr && !values[part].empty()) {
      set[part] = File{Given{values[part], *origin}, &kKeys};
      set[part].given.origin.key = kKeys[part];
    }
  }
  return set;
}

void lay_over(Set& set, const DatastoreValues& values, const Names& names, const Names& said_as) {
  for (std::size_t part = 0; part < set.size(); ++part) {
    if (const auto found = values.find(names[part]); found != values.end()) {
      set[part] = File{found->second, &said_as};
    }
  }
}

// The first that names any of the three; then the names that win one by one.
Set choose(const Environment& environment, const Files& files, const DatastoreValues& values, bool yaml,
           const Draft& draft) {
  Set set;
  if (yaml) {
    lay_over(set, values, kYamlTls, kYamlTls);
    lay_over(set, values, kYaml, kYaml);
    return any(set) ? set : from_keys(draft);
  }
  if (const auto mount = given_variable(environment, "MONGODB_CLIENT_CERT_MOUNT_PATH")) {
    set = from_directory(mount->value, mount->origin);
  } else {
    set = from_variables(environment);
  }
  if (!any(set)) {
    set = from_keys(draft);
  }
  lay_over(set, values, kYaml, kDatastoreVariables);
  const std::string directory(kDefaultCertificates);
  if (!any(set) && files.exists(directory + "/ca.crt")) {
    set = from_directory(directory, Origin{Origin::Kind::file, directory, 0});
  }
  return set;
}

// The incumbent goes on with the authority alone when the client certificate is not there: with the set of variables
// that its chart always gives, a Secret of ca.crt only means users with passwords.
void leave_out_what_is_not_there(const Files& files, Set& set, Draft& draft) {
  const bool whole = std::all_of(set.begin(), set.end(), [](const File& file) { return file.names != nullptr; });
  if (!whole || !files.exists(set[kAuthority].given.value)) {
    return;
  }
  const bool certificate = files.exists(set[kCertificate].given.value);
  const bool key = files.exists(set[kKey].given.value);
  if (certificate != key) {
    const File& there = set[certificate ? kCertificate : kKey];
    const File& missing = set[certificate ? kKey : kCertificate];
    draft.problem_at(
        missing.given.origin, Severity::error,
        fmt::format("{} is not there, but {} is", in_quotes(missing.given.value), in_quotes(there.given.value)),
        "provide both, or neither for a user and password in the URI");
  } else if (!certificate) {
    if (set[kCertificate].names != &kMounted) {
      draft.problem_at(set[kCertificate].given.origin, Severity::warning,
                       fmt::format("{} is not there, but the authority's file is: the client shows no certificate",
                                   in_quotes(set[kCertificate].given.value)),
                       "unset it and the key's if that is meant, or provide the file");
    }
    set[kCertificate].given.value.clear();
    set[kKey].given.value.clear();
  }
}

void refuse_half(const Set& set, Draft& draft) {
  const auto has = [&](Part part) { return set[part].names != nullptr; };
  const auto refuse = [&](Part given, Part missing, std::string remedy) {
    draft.problem_at(set[given].given.origin, Severity::error,
                     fmt::format("is set without {}", (*set[given].names)[missing]), std::move(remedy));
  };
  if (has(kCertificate) != has(kKey)) {
    const bool certificate = has(kCertificate);
    refuse(certificate ? kCertificate : kKey, certificate ? kKey : kCertificate,
           "set both, or neither for a user and password in the URI");
  } else if (has(kCertificate) && !has(kAuthority)) {
    refuse(kCertificate, kAuthority, "name the file of the authority that MongoDB's certificate comes from too");
  }
  if (has(kAuthority) && !set[kAuthority].given.value.starts_with('/')) {
    draft.problem_at(set[kAuthority].given.origin, Severity::error,
                     in_quotes(set[kAuthority].given.value) + " is not an absolute path", "start it with /");
  }
}

}  // namespace

void apply_mongodb_tls(const Environment& environment, const Files& files, const DatastoreValues& values, bool yaml,
                       Draft& draft) {
  Set set = choose(environment, files, values, yaml, draft);
  refuse_half(set, draft);
  leave_out_what_is_not_there(files, set, draft);
  Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  const std::array<std::string*, 3> fields = {&mongodb.certificate_file, &mongodb.key_file, &mongodb.ca_file};
  const auto winner = std::find_if(set.begin(), set.end(), [](const File& file) { return file.names != nullptr; });
  for (std::size_t part = 0; part < set.size(); ++part) {
    if (set[part].names == &kKeys) {
      *fields[part] = set[part].given.value;
    } else if (set[part].names != nullptr) {
      draft.take(kKeys[part], *fields[part], set[part].given);
    } else if (winner != set.end() && !fields[part]->empty()) {
      draft.warn_overridden(kKeys[part], winner->given.origin);
      fields[part]->clear();
    }
  }
}

}  // namespace exporter::config
