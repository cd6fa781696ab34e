"""A certificate authority of a test's own, made with the openssl command."""

import os
import subprocess

import harness

CONFIG = """
[ca]
default_ca = test
[test]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = copy
[anything]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = {hosts}
[client]
extendedKeyUsage = clientAuth
"""


def openssl(*arguments):
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, env=dict(os.environ, OPENSSL_CONF="/dev/null"))
    assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"


class Authority:
    """ca.pem; server() and client() give (certificate, key) as paths."""

    def __init__(self, folder, name="test CA"):
        if not harness.shutil.which("openssl"):
            raise harness.Skip("the openssl command is not there")
        self.folder, self.made = folder, 0
        os.makedirs(folder)
        harness.write(os.path.join(folder, "index.txt"), "")
        self.key, self.file = os.path.join(folder, "ca.key"), os.path.join(folder, "ca.pem")
        openssl("req", "-x509", *self._new_key(self.key), "-config", self._config(name),
                "-extensions", "authority", "-days", "30", "-out", self.file)

    def _new_key(self, path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    def _config(self, name, hosts="DNS:nowhere"):
        return harness.write(os.path.join(self.folder, "openssl.cnf"),
                             CONFIG.format(folder=self.folder, name=name, hosts=hosts))

    def _certificate(self, name, kind, hosts="DNS:nowhere", begin=None, end=None):
        self.made += 1
        base = os.path.join(self.folder, f"{self.made}")
        config = self._config(name, hosts)
        openssl("req", "-new", *self._new_key(base + ".key"), "-config", config, "-reqexts", kind,
                "-out", base + ".csr")
        openssl("ca", "-batch", "-config", config, "-cert", self.file, "-keyfile", self.key, "-notext",
                "-in", base + ".csr", "-out", base + ".pem",
                *(["-startdate", begin] if begin else []), *(["-enddate", end] if end else ["-days", "20"]))
        return base + ".pem", base + ".key"

    def server(self, hosts="DNS:localhost, IP:127.0.0.1", **when):
        return self._certificate("broker", "server", hosts, **when)

    def client(self, name="gateway", **when):
        return self._certificate(name, "client", **when)
