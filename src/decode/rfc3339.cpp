#include "decode/rfc3339.h"

#include <chrono>
#include <cstdint>

namespace exporter::decode {
namespace {

// Takes text from the front, and remembers once something did not fit.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  // Exactly `digits` decimal digits.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      value = value * 10 + (at_digit() ? take() - '0' : bad());
    }
    return value;
  }

  // One of `allowed`; returns which.
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      return static_cast<char>(bad());
    }
    return take();
  }

  [[nodiscard]] bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  [[nodiscard]] bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

 private:
  int bad() {
    good_ = false;
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// ".123" -> nanoseconds; digits behind the ninth are dropped.
std::int32_t fraction(Cursor& cursor) {
  std::int32_t nanos = 0;
  std::int32_t unit = 100'000'000;
  cursor.one_of(".");
  nanos += unit * cursor.number(1);
  while (cursor.at_digit()) {
    unit /= 10;
    nanos += unit * (cursor.take() - '0');
  }
  return nanos;
}

}  // namespace

std::optional<event::Timestamp> timestamp_from_text(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  Cursor cursor(text);
  const int years = cursor.number(4);
  cursor.one_of("-");
  const int months = cursor.number(2);
  cursor.one_of("-");
  const int days = cursor.number(2);
  cursor.one_of("Tt ");
  const int hours = cursor.number(2);
  cursor.one_of(":");
  const int minutes = cursor.number(2);
  cursor.one_of(":");
  const int seconds = cursor.number(2);
  const std::int32_t nanos = cursor.at('.') ? fraction(cursor) : 0;
  int offset_minutes = 0;
  if (const char zone = cursor.one_of("Zz+-"); zone == '+' || zone == '-') {
    const int offset_hours = cursor.number(2);
    cursor.one_of(":");
    const int minute_part = cursor.number(2);
    if (offset_hours > 23 || minute_part > 59) {
      return std::nullopt;
    }
    offset_minutes = (zone == '+' ? 1 : -1) * (offset_hours * 60 + minute_part);
  }
  const std::chrono::year_month_day date{year(years), month(static_cast<unsigned>(months)),
                                         day(static_cast<unsigned>(days))};
  if (!cursor.done() || !date.ok() || hours > 23 || minutes > 59 || seconds > 60) {
    return std::nullopt;
  }
  const std::int64_t day_number = std::chrono::sys_days(date).time_since_epoch().count();
  return event::Timestamp{day_number * 86400 + hours * 3600 + (minutes - offset_minutes) * 60 + seconds, nanos};
}

}  // namespace exporter::decode
