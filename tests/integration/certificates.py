"""Certificates made on the spot by the openssl command: an authority, and what it signs. EC keys, for they are quick."""
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]}: {done.stderr}")


class Authority:
    """Its certificate is in `pem`. Everything lies in `folder`, which exists."""

    def __init__(self, folder, name):
        self.folder = folder
        self.pem = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.pem)

    def issue(self, name, subject, extensions, days=2):
        """Makes NAME.pem and NAME.key; the path of the first. `subject` as openssl writes it: /O=x/CN=y. With fewer than
        0 days it is over."""
        path = self.folder / name
        pem, key, request, settings = (path.with_name(name + end) for end in (".pem", ".key", ".csr", ".ext"))
        settings.write_text("".join(line + "\n" for line in extensions))
        openssl("req", *KEY, "-subj", subject, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                "-extfile", settings, "-out", pem)
        return pem
