import unittest

from tool_test import TreeTest
import test_summary


def entry(name, status, inner=""):
    return f'<testcase name="{name}" status="{status}">{inner}</testcase>'


def report(*cases):
    return "<testsuites><testsuite>" + "".join(cases) + "</testsuite></testsuites>"


class TestSummary(TreeTest):
    def count(self, entries, reports):
        self.write({"ctest.junit": "<testsuite>" + "".join(entries) + "</testsuite>"})
        self.write({f"{name}.xml": text for name, text in reports.items()})
        return test_summary.count_run(self.root / "ctest.junit", self.root)

    def test_counts_the_cases_of_each_program(self):
        cases = report(entry("A", "run"), entry("B", "run", "<failure/>"), entry("C", "run", "<skipped/>"))
        self.assertEqual(self.count([entry("x_test", "fail", "<failure/>")], {"x_test": cases}), (1, 1, 1))

    def test_counts_a_program_without_a_report_as_one_case(self):
        self.assertEqual(self.count([entry("a", "run"), entry("b", "fail"), entry("c", "notrun")], {}), (1, 1, 1))

    def test_counts_a_crash_after_passing_cases_as_a_failure(self):
        self.assertEqual(self.count([entry("a", "fail")], {"a": report(entry("A", "run"))}), (1, 1, 0))

    def test_survives_a_report_that_was_never_finished(self):
        self.assertEqual(self.count([entry("a", "fail")], {"a": ""}), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
