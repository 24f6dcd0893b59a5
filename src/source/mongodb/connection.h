// A client of the driver with our options, and one function that runs a command. Internal to this folder.
//
// The client is made when it is first needed and made anew when the certificate files have changed; the driver finds
// the servers and connects again by itself. Certificate and key are handed to the driver in memory, never on the disk.
// Every failure becomes an Error here, by the table of error_table.h. Thread-safety: used by one thread at a time.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "source/mongodb/bson.h"
#include "source/mongodb/error_table.h"
#include "source/mongodb/store.h"

namespace exporter::mongodb {

// One server and, where servers know them, one logical session: a cursor belongs to both of those that opened it.
class Session {
 public:
  Session() = default;
  Session(mongoc_client_session_t* session, std::uint32_t server) : session_(session), server_(server) {}
  [[nodiscard]] bool open() const { return server_ != 0; }
  // Null where servers know no sessions.
  [[nodiscard]] mongoc_client_session_t* get() const { return session_.get(); }
  [[nodiscard]] std::uint32_t server() const { return server_; }

 private:
  struct Destroy {
    void operator()(mongoc_client_session_t* session) const { mongoc_client_session_destroy(session); }
  };
  std::unique_ptr<mongoc_client_session_t, Destroy> session_;
  std::uint32_t server_ = 0;
};

// What a failed command leaves besides its Error.
struct Failure {
  std::int32_t code = 0;  // the server's; 0 when no server answered
};

class Connection {
 public:
  // `patience`: how long a command may take before the connection counts as dead; the URI's socketTimeoutMS wins.
  // Errors: invalid: a URI or options that can never work.
  static Result<Connection> make(const Options& options, Duration patience);

  // A session on a server that the URI's read preference chooses, or a secondary if there is one when it has none.
  // Sessions die with refresh(): drop them before. Errors: transient, unauthorized.
  Result<Session> session();

  // Runs `command` on the primary, or where `session` is. The reply replaces `reply`. A write concern error counts as a
  // failure. Errors: of the table.
  Result<void> run(const std::string& database, const Bson& command, Bson& reply, const Session* session = nullptr,
                   Failure* failure = nullptr);

  // Makes the client anew if the certificate files have changed, or after it was told who we are not.
  Result<void> refresh();

 private:
  struct DestroyClient {
    void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
  };
  struct DestroyUri {
    void operator()(mongoc_uri_t* uri) const { mongoc_uri_destroy(uri); }
  };
  using Uri = std::unique_ptr<mongoc_uri_t, DestroyUri>;

  // The certificate and key in one file of memory, as the driver wants them.
  class KeyFile {
   public:
    KeyFile() = default;
    explicit KeyFile(int handle) : handle_(handle) {}
    KeyFile(KeyFile&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    KeyFile& operator=(KeyFile&& other) noexcept;
    ~KeyFile();
    [[nodiscard]] std::string path() const;

   private:
    int handle_ = -1;
  };

  struct DestroyReadPrefs {
    void operator()(mongoc_read_prefs_t* prefs) const { mongoc_read_prefs_destroy(prefs); }
  };
  using ReadPrefs = std::unique_ptr<mongoc_read_prefs_t, DestroyReadPrefs>;

  Connection(Options options, Uri uri, ReadPrefs read_prefs)
      : options_(std::move(options)), uri_(std::move(uri)), read_prefs_(std::move(read_prefs)) {}

  Result<mongoc_client_t*> client();
  Result<void> set_tls(mongoc_client_t* client);
  [[nodiscard]] Error failed(const bson_error_t& error, Failure* failure);
  [[nodiscard]] std::string files_stamp() const;

  Options options_;
  Uri uri_;
  ReadPrefs read_prefs_;     // of sessions
  KeyFile key_file_;         // outlives the client
  std::string stamp_;        // of the certificate files that the client was made with
  bool distrusted_ = false;  // the server refused our credentials: read them anew
  std::unique_ptr<mongoc_client_t, DestroyClient> client_;
};

// The patience of connections that write progress and dead letters: longer than a majority gets to confirm.
inline constexpr Duration kWritePatience = std::chrono::seconds(15);
// The write concern of all: a majority, within `patience`.
[[nodiscard]] Bson majority(Duration patience = std::chrono::seconds(10));

// The server's word about the first statement of a write that it refused. Such a command itself succeeds.
struct WriteError {
  std::int64_t code = 0;
  std::string message;
};
[[nodiscard]] std::optional<WriteError> write_error(const Bson& reply);

// Where tokens and dead letters are.
[[nodiscard]] inline const std::string& token_database(const Options& options) {
  return options.token_database.empty() ? options.database : options.token_database;
}

// "db.collection" names a stream: a position or cursor of another one is recognised by this.
[[nodiscard]] std::uint32_t fingerprint(const Options& options);

}  // namespace exporter::mongodb
