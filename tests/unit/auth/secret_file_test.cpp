#include "auth/secret_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace exporter::auth {
namespace {

class SecretFileTest : public testing::Test {
 protected:
  const std::string path_ = testing::TempDir() + "secret_file_test_" + std::to_string(::getpid());

  void write(const std::string& content) { std::ofstream(path_, std::ios::binary) << content; }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string error() {
    const auto secret = read_secret(path_);
    EXPECT_FALSE(secret);
    EXPECT_EQ(secret ? ErrorKind::transient : secret.error().kind, ErrorKind::invalid);
    return secret ? "" : secret.error().message;
  }

  static constexpr const char* kRemedy = "; put the client secret there or name another file with --oidc-secret-path";
};

TEST_F(SecretFileTest, TrimsWhiteSpace) {
  write("  p%40ss: w+rd=\u00e9 \r\n");
  EXPECT_EQ(read_secret(path_), "p%40ss: w+rd=\u00e9");
}

TEST_F(SecretFileTest, NamesPathAndRemedyWhenMissing) {
  EXPECT_EQ(error(), "cannot read the OIDC client secret file " + path_ + ": No such file or directory" + kRemedy);
}

TEST_F(SecretFileTest, RefusesAnEmptyFile) {
  write(" \n");
  EXPECT_EQ(error(), "the OIDC client secret file " + path_ + " is empty" + kRemedy);
}

TEST_F(SecretFileTest, RefusesADirectory) {
  const auto secret = read_secret(testing::TempDir());
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message,
            "cannot read the OIDC client secret file " + testing::TempDir() + ": Is a directory" + kRemedy);
}

TEST_F(SecretFileTest, RefusesAFileWithoutEnd) {
  const auto secret = read_secret("/dev/zero");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message,
            std::string("the OIDC client secret file /dev/zero is longer than 65536 bytes") + kRemedy);
}

}  // namespace
}  // namespace exporter::auth
