import subprocess
import unittest

from tool_test import ROOT, TreeTest

SOURCE = """#include <cstdio>
#include <vector>
int at(const std::vector<int>& values, unsigned long i) { return values[i]; }
int text(int n) { char to[64]; return std::snprintf(to, sizeof to, "%d", n) + to[0]; }
int large(int n) { volatile char to[20000]; to[n] = 1; return to[n]; }
int main(int argc, char**) { return at(std::vector<int>(9), argc) + text(argc) + large(argc); }
"""
# As cmake/Options.cmake has them.
COMPILED = ["-fPIE", "-fstack-protector-strong", "-fstack-clash-protection", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3",
            "-D_GLIBCXX_ASSERTIONS", "-fcf-protection=full"]
LINKED = ["-pie", "-Wl,-z,relro,-z,now,-z,noexecstack"]


class CheckHardening(TreeTest):
    """On programs that are built here, with everything and with everything but one."""

    def build(self, *more, flags=(*COMPILED, *LINKED)):
        self.write({"program.cpp": SOURCE})
        program = self.root / "program"
        subprocess.run(["g++", "-O2", "-g1", self.root / "program.cpp", *flags, *more, "-o", program], check=True)
        return program

    def check(self, *files):
        run = subprocess.run([ROOT / "tools/check_hardening.py", *files], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode != 0, run.stderr != "")
        return run

    def missing(self, *more):
        """What is said to be missing of a program that is built with these flags after the good ones."""
        program = self.build(*more)
        said = self.check(program).stderr.splitlines()
        self.assertEqual([line for line in said if not line.startswith(f"{program}: missing: ")], [])
        return {line.removeprefix(f"{program}: missing: ").split(" (")[0] for line in said}

    def test_accepts_programs_and_libraries_with_everything(self):
        program = self.build()
        library = self.root / "library.so"
        subprocess.run(["g++", "-O2", "-g1", "-shared", "-fPIC", *COMPILED[1:], *LINKED[1:], self.root / "program.cpp",
                        "-o", library], check=True)
        run = self.check(program, library)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((run.stdout.count(" ok"), run.stdout.count("\n")), (18, 20), run.stdout)

    def test_names_what_the_linker_was_not_told(self):
        self.assertEqual(self.missing("-no-pie", "-fno-pie"), {"position independent"})
        self.assertEqual(self.missing("-Wl,-z,lazy"), {"full RELRO"})
        self.assertEqual(self.missing("-Wl,-z,norelro"), {"full RELRO"})
        self.assertEqual(self.missing("-Wl,-z,execstack"), {"stack not executable"})
        self.write({"both.s": '.section .both,"awx"\n.long 0\n.section .note.GNU-stack\n'})
        self.assertEqual(self.missing(self.root / "both.s"), {"no writable code"})

    def test_names_what_the_compiler_was_not_told(self):
        self.assertEqual(self.missing("-fno-stack-protector"), {"stack protector", "compiler options"})
        self.assertEqual(self.missing("-U_FORTIFY_SOURCE"), {"fortified C library"})
        self.assertEqual(self.missing("-U_GLIBCXX_ASSERTIONS"), {"assertions of libstdc++"})
        self.assertEqual(self.missing("-fcf-protection=none"), {"jump targets of CET"})

    def test_names_an_option_that_one_source_of_several_lacks(self):
        self.write({"other.cpp": "int other() { return 1; }\n"})
        subprocess.run(["g++", "-c", "-O2", "-g1", *COMPILED, "-fno-stack-clash-protection", self.root / "other.cpp",
                        "-o", self.root / "other.o"], check=True)
        said = self.check(self.build(self.root / "other.o")).stderr
        self.assertIn("compiler options (sources compiled without -fstack-clash-protection)", said)

    def test_says_what_cannot_be_seen_of_a_stripped_file(self):
        program = self.build()
        subprocess.run(["strip", program], check=True)
        run = self.check(program)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((run.stdout.count(" ok"), run.stdout.count("not visible")), (8, 1), run.stdout)

    def test_refuses_what_is_no_program(self):
        self.write({"text": "text"})
        run = self.check(self.root / "text", self.root / "gone")
        self.assertIn("text: is no ELF file", run.stderr)
        self.assertIn("gone", run.stderr)


if __name__ == "__main__":
    unittest.main()
