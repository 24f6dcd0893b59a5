#include "support/mongod.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

#include <mongoc/mongoc.h>

#include "base/check.h"
#include "support/temp_dir.h"

namespace exporter::testing {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
constexpr auto kPoll = 5ms;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "mongod for tests: %s\n", why.c_str());
  std::abort();
}

// The first true value of `probe`, which is asked until then.
template <class Probe>
auto wait_for(Probe probe, const std::string& what) {
  const auto deadline = steady_clock::now() + kPatience;
  for (;;) {
    if (auto value = probe()) {
      return value;
    }
    if (steady_clock::now() > deadline) {
      give_up("waited in vain for " + what);
    }
    std::this_thread::sleep_for(kPoll);
  }
}

std::string find_program() {
  std::FILE* pipe = ::popen("'" EXPORTER_SOURCE_DIR "/scripts/mongod-path'", "re");
  std::string path;
  std::array<char, 4096> piece{};
  while (pipe != nullptr && std::fgets(piece.data(), static_cast<int>(piece.size()), pipe) != nullptr) {
    path += piece.data();
  }
  if (pipe == nullptr || ::pclose(pipe) != 0) {
    give_up("there is none; the line above says why");
  }
  while (path.ends_with('\n')) {
    path.pop_back();
  }
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Ended by the destructor, and by the death of the thread that made it.
class Server {
 public:
  Server() : log_(folder_ / "log") {
    EXPORTER_CHECK(::gettid() == ::getpid(), "the first call for a mongod comes from the main thread");
    mongoc_init();  // whoever else calls it, too, does no harm
    const std::string program = find_program();
    const std::string data = folder_ / "";
    const std::vector<std::string> words{program,
                                         "--replSet",
                                         "rs0",
                                         "--bind_ip",
                                         "127.0.0.1",
                                         "--port",
                                         "0",
                                         "--dbpath",
                                         data,
                                         "--nounixsocket",
                                         "--oplogSize",
                                         "64",
                                         "--wiredTigerCacheSizeGB",
                                         "0.25",
                                         "--setParameter",
                                         "diagnosticDataCollectionEnabled=false"};
    std::vector<char*> arguments;
    for (const auto& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const pid_t parent = ::getpid();
    child_ = ::fork();
    if (child_ == 0) {
      become(program.c_str(), arguments.data(), log, parent);
    }
    ::close(log);
    if (child_ < 0) {
      give_up("fork failed");
    }
    port_ = wait_for([this] { return listening_port(); }, "a port in " + log_);
    initiate();
  }

  ~Server() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  // Between fork and exec only what is safe after a fork of a program with threads.
  [[noreturn]] static void become(const char* program, char* const* arguments, int log, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(1);  // the parent ended before it was watched
    }
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(program, arguments);
    ::_exit(127);
  }

  [[nodiscard]] int listening_port() const {
    static constexpr std::string_view kListens = R"("msg":"Waiting for connections","attr":{"port":)";
    const std::string text = read_file(log_);
    const auto at = text.find(kListens);
    int port = 0;
    if (at != std::string::npos && text.find(',', at + kListens.size()) != std::string::npos) {
      std::from_chars(text.data() + at + kListens.size(), text.data() + text.size(), port);
    } else if (::waitpid(child_, nullptr, WNOHANG) == child_) {
      give_up("it ended at once:\n" + text.substr(text.size() - std::min<std::size_t>(text.size(), 2000)));
    }
    return port;
  }

  void initiate() const {
    const std::string uri = "mongodb://" + address() + "/?directConnection=true";
    mongoc_client_t* client = mongoc_client_new(uri.c_str());
    const std::string config =
        R"({"replSetInitiate": {"_id": "rs0", "members": [{"_id": 0, "host": ")" + address() + R"("}]}})";
    run(client, config, "ok");
    wait_for([&] { return run(client, R"({"hello": 1})", "isWritablePrimary"); }, "a primary");
    mongoc_client_destroy(client);
  }

  // The answer's field as a truth value; a command that fails is the end.
  static bool run(mongoc_client_t* client, const std::string& json, const char* field) {
    bson_error_t error;
    bson_t* command = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(json.data()),
                                         static_cast<ssize_t>(json.size()), &error);
    bson_t reply;
    if (!mongoc_client_command_simple(client, "admin", command, nullptr, &reply, &error)) {
      give_up(json + ": " + static_cast<const char*>(error.message));
    }
    bson_iter_t at;
    const bool truth = bson_iter_init_find(&at, &reply, field) && bson_iter_as_bool(&at);
    bson_destroy(&reply);
    bson_destroy(command);
    return truth;
  }

  TempDir folder_;
  std::string log_;
  pid_t child_ = -1;
  int port_ = 0;
};

}  // namespace

std::string Mongod::uri() {
  static const Server server;
  return "mongodb://" + server.address() + "/?replicaSet=rs0";
}

std::string Mongod::fresh_database() {
  static std::atomic<int> count{0};
  return "test" + std::to_string(++count);
}

}  // namespace exporter::testing
