import os
import shutil
import subprocess
import unittest

from tool_test import ROOT, TreeTest

HELM = '#!/bin/sh\necho "v3.17.0"\n'
GO = """#!/bin/sh
case "$1" in
  env) echo "${GO_VERSION:-go1.23.4}" ;;
  mod)
    touch "$ROOT/asked.$$"
    printf '{\\n\\t"Version": "v3.17.0",\\n\\t"Sum": "%s",\\n\\t"GoModSum": "h1:other="\\n}\\n' "${SUM:-h1:good=}" ;;
  install)
    [ "$GOTOOLCHAIN" = local ] || exit 9
    mkdir -p "$GOMODCACHE/helm" && chmod 700 "$GOMODCACHE"
    cp "$ROOT/made" "$GOBIN/helm" ;;
esac
"""


class HelmPath(TreeTest):
    """With a go of our own in front, so that nothing here asks a network."""

    def setUp(self):
        super().setUp()
        self.folder = self.root / "cache/event-exporter/helm-3.17.0"
        self.write({"made": HELM})
        (self.root / "made").chmod(0o755)
        self.go(GO)

    def go(self, script):
        self.write({"bin/go": script})
        (self.root / "bin/go").chmod(0o755)

    def start(self, settings="", command="main", **environment):
        script = f'source "{ROOT}/scripts/helm-path"\nSUM=h1:good=\nGO_FOLDERS=()\n{settings}\n{command}'
        return subprocess.Popen(
            ["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root), "HOME": str(self.root / "home"),
                 "XDG_CACHE_HOME": str(self.root / "cache"), **environment})

    def run_path(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, error = process.communicate(timeout=20)
        return process.returncode, out, error

    def left(self):
        return sorted(path.name for path in self.folder.rglob("*"))

    def asked(self):
        return len(list(self.root.glob("asked.*")))

    def refuses(self, words, settings="", **environment):
        code, out, error = self.run_path(settings, **environment)
        self.assertEqual((code, out), (1, ""), error)
        self.assertIn(words, error)
        self.assertEqual(self.left(), [])

    def test_builds_once_and_then_asks_nobody(self):
        for _ in range(2):
            code, out, error = self.run_path()
            self.assertEqual((code, out), (0, f"{self.folder}/helm\n"), error)
        self.assertEqual((self.left(), self.asked()), (["helm"], 1))
        self.assertTrue(os.access(self.folder / "helm", os.X_OK))

    def test_many_at_once_build_once(self):
        processes = [self.start() for _ in range(4)]
        ended = [(process.communicate(timeout=20)[0], process.returncode) for process in processes]
        self.assertEqual(ended, [(f"{self.folder}/helm\n", 0)] * 4)
        self.assertEqual((self.left(), self.asked()), (["helm"], 1))

    def test_a_wrong_sum_is_refused(self):
        self.go(GO.replace("${SUM:-h1:good=}", "h1:bad="))
        self.refuses("its sum is h1:bad=, expected h1:good=")

    def test_a_go_that_cannot_fetch_is_an_error_that_says_what_to_do(self):
        self.go(GO.replace("touch", "echo 'no proxy' >&2; exit 1; touch"))
        self.refuses("go could not fetch helm.sh/helm/v3 3.17.0; run this again")

    def test_a_go_that_cannot_build_is_an_error(self):
        self.go(GO.replace("cp ", "exit 1 # "))
        self.refuses("go could not build helm 3.17.0")

    def test_a_go_that_hangs_is_ended(self):
        self.go(GO.replace("mkdir -p", "exec sleep 60 #"))
        self.refuses("go did not build helm 3.17.0 within 1 s", "BUILD_SECONDS=1")

    def test_an_older_go_is_passed_over_for_a_newer_one(self):
        self.refuses("needs Go 1.23 or newer", GO_VERSION="go1.19.8")
        self.write({"other/go": GO.replace("${GO_VERSION:-go1.23.4}", "go1.26")})
        (self.root / "other/go").chmod(0o755)
        code, out, error = self.run_path(f"GO_FOLDERS=({self.root}/other)", GO_VERSION="go1.19.8")
        self.assertEqual((code, out), (0, f"{self.folder}/helm\n"), error)

    def test_without_a_go_it_says_so_and_so_does_setups_question(self):
        (self.root / "bin/go").unlink()
        settings = 'command() { [[ $2 != go ]] && builtin command "$@"; }'
        self.refuses("needs Go 1.23 or newer", settings)
        self.assertEqual(self.run_path(settings, "can_be_had || echo no")[1], "no\n")
        self.assertEqual(self.run_path(settings, "can_be_had && echo yes", HELM="/bin/true")[1], "yes\n")

    def test_a_helm_that_does_not_run_or_is_another_is_refused(self):
        self.write({"made": "#!/bin/sh\necho 'cannot run' >&2; exit 1\n"})
        self.refuses("does not run: cannot run")
        self.write({"made": "#!/bin/sh\necho v3.18.0\n"})
        self.refuses("is not 3.17.0: v3.18.0")

    def test_an_own_helm_is_used_as_it_is(self):
        own = shutil.which("true")
        self.assertEqual(self.run_path(HELM=own), (0, own + "\n", ""))
        self.refuses("which is no program", HELM=str(self.root))
        self.assertEqual(self.asked(), 0)


if __name__ == "__main__":
    unittest.main()
