#include "app/holder_name.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

namespace exporter::app {
namespace {

TEST(HolderName, NamesOneProcessAlone) {
  const HolderName one;
  const HolderName other;
  EXPECT_NE(one.text(), other.text());
  EXPECT_NE(one.text().find(":" + std::to_string(::getpid()) + ":"), std::string::npos) << one.text();
}

TEST(HolderName, ALivingHolderIsNotProvenDead) {
  const HolderName holder;
  const HolderName standby;
  EXPECT_FALSE(standby.proves_dead(holder.text()));
  EXPECT_FALSE(standby.proves_dead(standby.text()));
}

TEST(HolderName, AHolderThatIsGoneIsProvenDeadAgainAndAgain) {
  const HolderName standby;
  auto holder = std::make_unique<HolderName>();
  const std::string text = holder->text();
  ASSERT_FALSE(standby.proves_dead(text));
  holder.reset();
  EXPECT_TRUE(standby.proves_dead(text));
  EXPECT_TRUE(standby.proves_dead(text));
}

TEST(HolderName, AProcessThatWasKilledIsProvenDead) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const HolderName holder;
    const auto written = ::write(pipe[1], holder.text().data(), holder.text().size());
    ::close(pipe[1]);
    (void)written;
    ::pause();
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string text;
  std::array<char, 512> buffer{};
  for (ssize_t count = 0; (count = ::read(pipe[0], buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(pipe[0]);
  const HolderName standby;
  EXPECT_FALSE(standby.proves_dead(text));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(standby.proves_dead(text));
}

TEST(HolderName, OnAnotherMachineOrInAnotherNetworkNothingIsProven) {
  const HolderName standby;
  std::string gone = HolderName().text();
  ASSERT_TRUE(standby.proves_dead(gone));
  std::string network = gone;
  network.back() = network.back() == '1' ? '2' : '1';
  EXPECT_FALSE(standby.proves_dead(network));
  std::string boot = gone;
  char& digit = boot[boot.rfind(':') - 1];
  digit = digit == '1' ? '2' : '1';
  EXPECT_FALSE(standby.proves_dead(boot));
}

TEST(HolderName, WhatIsNoNameOfOursProvesNothing) {
  const HolderName standby;
  for (const char* text : {"", ":", "somebody", "a:1:::", "a:1:ff::", "a:1:ff", "::::", ":::::::"}) {
    EXPECT_FALSE(standby.proves_dead(text)) << text;
  }
  EXPECT_FALSE(standby.proves_dead(HolderName().text() + ":more"));
}

}  // namespace
}  // namespace exporter::app
