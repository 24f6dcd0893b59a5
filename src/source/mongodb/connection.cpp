#include "source/mongodb/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/fnv.h"
#include "source/mongodb/driver.h"

namespace exporter::mongodb {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// How long a command looks for a server that can take it, when the URI does not say. Short, because our own retry does
// the waiting, says so in the log and can be stopped.
constexpr std::int32_t kSelectMillis = 3'000;
constexpr std::int32_t kConnectMillis = 5'000;

// The text of a PEM file with at least one `what`: "CERTIFICATE" or "PRIVATE KEY". The driver would only say that it
// cannot connect.
Result<std::string> read_pem(const std::string& path, std::string_view what) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) {
    return fail(ErrorKind::transient, fmt::format("{} cannot be read", path));
  }
  if (text.empty()) {
    return fail(ErrorKind::transient, fmt::format("{} is empty", path));
  }
  // "-----BEGIN EC PRIVATE KEY-----" and other kinds; https://www.rfc-editor.org/rfc/rfc7468
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string::npos || text.find(fmt::format("{}-----", what), begin) == std::string::npos) {
    return fail(ErrorKind::transient, fmt::format("{} holds no PEM {}", path, what));
  }
  return text;
}

// A file in memory that holds `text`; -1 when the machine gives none.
int memory_file(std::string_view text) {
  const int handle = ::memfd_create("event-exporter-key", MFD_CLOEXEC);
  if (handle < 0) {
    return -1;
  }
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(handle, text.data() + written, text.size() - written);
    if (count <= 0) {
      ::close(handle);
      return -1;
    }
    written += static_cast<std::size_t>(count);
  }
  return handle;
}

void default_option(mongoc_uri_t* uri, const char* name, std::int32_t value) {
  if (!mongoc_uri_has_option(uri, name)) {
    mongoc_uri_set_option_as_int32(uri, name, value);
  }
}

std::string folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return text;
}

// Replaces the values of those options that hold secrets.
void hide_options(std::string& uri) {
  // https://www.mongodb.com/docs/manual/reference/connection-string-options/; their names in any case.
  static constexpr std::array<std::string_view, 2> kSecret{"password=", "authmechanismproperties="};
  std::string names = folded(uri);
  for (const std::string_view name : kSecret) {
    for (std::size_t found = 0; (found = names.find(name, found)) != std::string::npos;) {
      found += name.size();
      const std::size_t end = std::min(names.find('&', found), names.size());
      uri.replace(found, end - found, "***");
      names.replace(found, end - found, "***");
    }
  }
}

// The driver's words about a URI repeat parts of it in quotes, also a password.
std::string without_quotes(std::string_view message) {
  const std::size_t first = message.find('"');
  if (first == std::string_view::npos) {
    return std::string(message);
  }
  return std::string(message.substr(0, first)) + "***" + std::string(message.substr(message.rfind('"') + 1));
}

// A client certificate is the only user: the driver would send the URI's one with it, and the server refuses that.
std::string without_user(std::string uri) {
  const std::size_t start = std::min(uri.find("://"), uri.size());
  const std::size_t at = uri.find('@', start);
  if (at < uri.find_first_of("/?", start + 3)) {
    uri.erase(start + 3, at - start - 2);
  }
  for (const std::string_view name : {"authmechanism=", "authmechanismproperties=", "authsource="}) {
    const std::size_t found = folded(uri).find(name, std::min(uri.find('?'), uri.size()));
    if (found != std::string::npos) {
      uri.erase(found, std::min(uri.find('&', found), uri.size() - 1) + 1 - found);
    }
  }
  return uri;
}

bool has_at(const mongoc_uri_t* uri) {
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next) {
    if (std::string_view(static_cast<const char*>(host->host)).find('@') != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string redacted(const std::string& uri) {
  std::size_t start = 0;
  for (const std::string_view scheme : {"mongodb://", "mongodb+srv://"}) {
    start = uri.starts_with(scheme) ? scheme.size() : start;
  }
  // A password may hold any of ":/?@" unescaped by mistake, so everything before the last @ is hidden.
  const std::size_t at = uri.rfind('@');
  std::string shown = uri.substr(0, start);
  shown += at == std::string::npos ? uri.substr(start) : "***" + uri.substr(at);
  hide_options(shown);
  return shown;
}

Bson majority(Duration patience) {
  Bson concern;
  concern.add("w", "majority")
      .add("wtimeout", static_cast<std::int32_t>(duration_cast<milliseconds>(patience).count()));
  return concern;
}

std::optional<WriteError> write_error(const Bson& reply) {
  const auto first = find(reply.bytes(), {"writeErrors", "0"});
  if (!first) {
    return std::nullopt;
  }
  const std::string_view error = first->document().value_or("");
  const auto code = find(error, "code");
  const auto message = find(error, "errmsg");
  return WriteError{.code = code ? code->integer().value_or(0) : 0,
                    .message = std::string(message ? message->text().value_or("") : "")};
}

std::uint32_t fingerprint(const Options& options) {
  return static_cast<std::uint32_t>(fnv1a(options.database + "." + options.collection));
}

Connection::KeyFile& Connection::KeyFile::operator=(KeyFile&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Connection::KeyFile::~KeyFile() {
  if (handle_ >= 0) {
    ::close(handle_);
  }
}
std::string Connection::KeyFile::path() const { return fmt::format("/proc/self/fd/{}", handle_); }

Result<Connection> Connection::make(const Options& options, Duration patience) {
  init_driver();
  bson_error_t error;
  const std::string text = options.certificate_file.empty() ? options.uri : without_user(options.uri);
  Uri uri(mongoc_uri_new_with_error(text.c_str(), &error));
  if (!uri || has_at(uri.get())) {
    const std::string why = uri ? "an @ in user or password must be written as %40" : without_quotes(error.message);
    return fail(ErrorKind::invalid,
                fmt::format("the MongoDB URI \"{}\" cannot be used: {}", redacted(options.uri), why));
  }
  // With it the driver gives up after one look at the servers, and does not look again for five seconds.
  mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_SERVERSELECTIONTRYONCE, false);
  default_option(uri.get(), MONGOC_URI_SERVERSELECTIONTIMEOUTMS, kSelectMillis);
  default_option(uri.get(), MONGOC_URI_CONNECTTIMEOUTMS, kConnectMillis);
  default_option(uri.get(), MONGOC_URI_SOCKETTIMEOUTMS,
                 static_cast<std::int32_t>(duration_cast<milliseconds>(patience).count()));
  if (!options.certificate_file.empty()) {
    mongoc_uri_set_auth_mechanism(uri.get(), "MONGODB-X509");
    mongoc_uri_set_auth_source(uri.get(), "$external");
  }
  // As the incumbent reads, when the URI does not say.
  ReadPrefs prefs(mongoc_uri_has_option(uri.get(), MONGOC_URI_READPREFERENCE)
                      ? mongoc_read_prefs_copy(mongoc_uri_get_read_prefs_t(uri.get()))
                      : mongoc_read_prefs_new(MONGOC_READ_SECONDARY_PREFERRED));
  return Connection(options, std::move(uri), std::move(prefs));
}

std::string Connection::files_stamp() const {
  std::string stamp;
  for (const std::string* const path : {&options_.ca_file, &options_.certificate_file, &options_.key_file}) {
    struct stat info{};
    if (!path->empty() && ::stat(path->c_str(), &info) == 0) {
      stamp += fmt::format("{}.{}.{}.{};", info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    }
  }
  return stamp;
}

Result<void> Connection::refresh() {
  if (client_ && (distrusted_ || stamp_ != files_stamp())) {
    client_.reset();
  }
  return client().map([](mongoc_client_t*) {});
}

Result<void> Connection::set_tls(mongoc_client_t* client) {
  if (options_.ca_file.empty() && !options_.system_roots) {
    return {};
  }
  mongoc_ssl_opt_t tls = *mongoc_ssl_opt_get_default();
  if (!options_.ca_file.empty()) {
    if (auto readable = read_pem(options_.ca_file, "CERTIFICATE"); !readable) {
      return fail(readable.error().with_context("the CA of MongoDB"));
    }
    tls.ca_file = options_.ca_file.c_str();
  }
  std::string pem_path;
  if (!options_.certificate_file.empty()) {
    auto certificate = read_pem(options_.certificate_file, "CERTIFICATE");
    auto key = certificate ? read_pem(options_.key_file, "PRIVATE KEY") : fail(std::move(certificate.error()));
    if (!key) {
      return fail(key.error().with_context("the client certificate of MongoDB"));
    }
    const int handle = memory_file(*certificate + "\n" + *key);
    if (handle < 0) {
      return fail(ErrorKind::transient, "no memory for the client certificate");
    }
    key_file_ = KeyFile(handle);
    pem_path = key_file_.path();
    tls.pem_file = pem_path.c_str();
  }
  mongoc_client_set_ssl_opts(client, &tls);  // copies them
  return {};
}

Result<mongoc_client_t*> Connection::client() {
  if (client_) {
    return client_.get();
  }
  stamp_ = files_stamp();
  distrusted_ = false;
  if ((!options_.ca_file.empty() || options_.system_roots) && !mongoc_uri_get_tls(uri_.get())) {
    mongoc_uri_set_option_as_bool(uri_.get(), MONGOC_URI_TLS, true);
  }
  bson_error_t error;
  std::unique_ptr<mongoc_client_t, DestroyClient> made(mongoc_client_new_from_uri_with_error(uri_.get(), &error));
  if (!made) {
    return fail(ErrorKind::transient, fmt::format("the MongoDB client for \"{}\" cannot be made: {}",
                                                  redacted(options_.uri), static_cast<const char*>(error.message)));
  }
  mongoc_client_set_error_api(made.get(), MONGOC_ERROR_API_VERSION_2);
  const std::string& name = options_.app_name.empty() ? options_.client_name : options_.app_name;
  mongoc_client_set_appname(made.get(), name.substr(0, MONGOC_HANDSHAKE_APPNAME_MAX).c_str());
  if (auto set = set_tls(made.get()); !set) {
    return fail(std::move(set.error()));
  }
  client_ = std::move(made);
  return client_.get();
}

Result<Session> Connection::session() {
  if (auto fresh = refresh(); !fresh) {
    return fail(std::move(fresh.error()));
  }
  bson_error_t error{};
  mongoc_server_description_t* const server =
      mongoc_client_select_server(client_.get(), false, read_prefs_.get(), &error);
  if (server == nullptr) {
    return fail(failed(error, nullptr));
  }
  const std::uint32_t id = mongoc_server_description_id(server);
  mongoc_server_description_destroy(server);
  mongoc_session_opt_t* const options = mongoc_session_opts_new();
  mongoc_session_opts_set_causal_consistency(options, false);
  mongoc_client_session_t* const session = mongoc_client_start_session(client_.get(), options, &error);
  mongoc_session_opts_destroy(options);
  // Servers that only speak MongoDB's protocol may know no sessions. Without one, a cursor is bound to the server alone.
  const bool unknown = error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_SESSION_FAILURE;
  if (session == nullptr && !unknown) {
    return fail(failed(error, nullptr));
  }
  return Session(session, id);
}

Result<void> Connection::run(const std::string& database, const Bson& command, Bson& reply, const Session* session,
                             Failure* failure) {
  if (session == nullptr) {
    if (auto fresh = refresh(); !fresh) {
      return fresh;
    }
  }
  bson_error_t error{};
  Bson options;
  if (session != nullptr) {
    if (session->get() != nullptr) {
      mongoc_client_session_append(session->get(), options.get(), &error);
    }
    options.add("serverId", static_cast<std::int32_t>(session->server()));
  }
  const bool done = mongoc_client_command_with_opts(client_.get(), database.c_str(), command.get(),
                                                    session == nullptr ? nullptr : read_prefs_.get(), options.get(),
                                                    reply.receive(), &error);
  if (!done) {
    return fail(failed(error, failure));
  }
  if (const auto concern = find(reply.bytes(), {"writeConcernError", "errmsg"})) {
    return fail(ErrorKind::transient,
                fmt::format("the write is not confirmed by the set: {}", concern->text().value_or("")));
  }
  return {};
}

Error Connection::failed(const bson_error_t& error, Failure* failure) {
  ServerError told{
      .code = 0,
      .message = static_cast<const char*>(error.message),
      .from_library = error.domain != MONGOC_ERROR_SERVER,
      .authentication = error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE};
  if (!told.from_library) {
    told.code = static_cast<std::int32_t>(error.code);
  }
  if (failure != nullptr) {
    failure->code = told.code;
  }
  Error result = classify(told);
  distrusted_ = distrusted_ || result.kind == ErrorKind::unauthorized;
  return result;
}

}  // namespace exporter::mongodb
