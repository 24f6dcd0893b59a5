import unittest

from tool_test import ROOT, TreeTest
import check_layers

MAP = """
| folder | what lives there | may include |
|---|---|---|
| `base/` | Errors | (std, fmt) |
| `event/` | Values | base |
| `sink/http/` | Adapter | event base |
| `app/` | Assembly | (everything above) |

| library | headers | owners |
|---|---|---|
| {fmt} | `fmt/` | * |
| Boost.Asio | `boost/` | `sink/http/` |
"""
TREE = {
    "src/README.md": MAP,
    "src/main.cpp": '#include "app/app.h"\n',
    "src/base/error.h": "#include <string>\n#include <fmt/format.h>\n",
    "src/event/event.h": '#include "base/error.h"\n#include "event/other.h"\n',
    "src/sink/http/sink.cpp": '#include <boost/asio.hpp>\n#include "event/event.h"\n',
    "src/app/app.cpp": '#include "sink/http/sink.h"\n#include "base/error.h"\n',
}


class CheckLayers(TreeTest):
    def problems(self, **changes):
        self.write(TREE | {name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()})
        return check_layers.check(self.root)

    def test_accepts_includes_that_point_downward(self):
        self.assertEqual(self.problems(), [])

    def test_accepts_this_project(self):
        self.assertEqual(check_layers.check(ROOT), [])

    def test_catches_an_upward_include(self):
        self.assertEqual(
            self.problems(src__base__bad_dot_h='\n#include "event/event.h"\n'),
            ["src/base/bad.h:2: base/ may not include event/ (event/event.h)"],
        )

    def test_catches_a_folder_that_is_missing_in_the_table(self):
        self.assertEqual(
            self.problems(src__filter__filter_dot_h="\n"),
            ["src/filter/filter.h: its folder has no row in src/README.md"],
        )

    def test_catches_a_row_without_a_folder(self):
        self.write({"src/README.md": MAP})
        self.assertIn("src/README.md: row for base/, but there is no such folder", check_layers.check(self.root))

    def test_catches_a_row_that_allows_an_upward_include(self):
        self.assertEqual(
            self.problems(src__README_dot_md=MAP.replace("(std, fmt)", "event")),
            ["src/README.md: base/ may include event/, which stands below it: upward"],
        )

    def test_catches_a_row_that_allows_an_unknown_folder(self):
        self.assertEqual(
            self.problems(src__README_dot_md=MAP.replace("| Values | base |", "| Values | base bsae |")),
            ["src/README.md: event/ may include 'bsae', which has no row"],
        )

    def test_catches_a_library_outside_its_owner(self):
        self.assertEqual(
            self.problems(src__event__bad_dot_cpp="#include <boost/asio.hpp>\n"),
            ["src/event/bad.cpp:1: event/ may not include <boost/asio.hpp>; sink/http may"],
        )

    def test_catches_a_library_that_nobody_owns(self):
        self.assertEqual(
            self.problems(src__event__bad_dot_cpp="#include <zlib.h>\n"),
            ["src/event/bad.cpp:1: <zlib.h> belongs to no library of src/README.md"],
        )

    def test_catches_an_include_that_is_not_rooted_at_src(self):
        self.assertEqual(
            self.problems(src__event__bad_dot_cpp='#include "event.h"\n'),
            ['src/event/bad.cpp:1: "event.h" is not rooted at a folder of src/README.md'],
        )


if __name__ == "__main__":
    unittest.main()
