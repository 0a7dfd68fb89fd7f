# SPDX-License-Identifier: Apache-2.0
"""The programs of this folder, built into a cache outside of the tree: once for each state of their sources."""
import glob
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "libtelemetry-sdks")


class Missing(Exception):
    """A tool chain or a package is not here; the text says which."""


def run(argv, folder):
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=1800)
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise Missing(f"{' '.join(argv[:3])}: {(said or ['?'])[-1][:200]}")


def build_python(at):
    run([sys.executable, "-m", "venv", os.path.join(at, "venv")], at)
    run([os.path.join(at, "venv", "bin", "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
         "requirements.txt"], at)


def build_node(at):
    run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], at)


def build_go(at):
    run(["go", "build", "-mod=mod", "-o", "sdk-test", "."], at)


def build_java(at):
    run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], at)
    run(["javac", "-encoding", "UTF-8", "-cp", "lib/*", "-d", "classes", "Main.java"], at)


def build_rust(at):
    run(["cargo", "build", "-q", "--target-dir", os.path.join(CACHE, "rust-target")], at)
    shutil.copy2(os.path.join(CACHE, "rust-target", "debug", "sdk-test"), os.path.join(at, "sdk-test"))


def java(at, sender):
    """Two class paths: the OkHttp senders, or the JDK's HTTP client with gRPC's own channel."""
    left_out = ("-sender-jdk-", "-managed-channel-") if sender == "okhttp" else ("-sender-okhttp-",)
    jars = [j for j in sorted(glob.glob(os.path.join(at, "lib", "*.jar"))) if not any(part in j for part in left_out)]
    return ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", ":".join([os.path.join(at, "classes"), *jars]), "Main"]


# language: (tools, build, the command for a client)
LANGUAGES = {
    "python": (["python3"], build_python, lambda at, client: [os.path.join(at, "venv", "bin", "python"), "main.py"]),
    "node": (["node", "npm"], build_node, lambda at, client: ["node", "main.js"]),
    "go": (["go"], build_go, lambda at, client: ["./sdk-test"]),
    "java": (["java", "javac", "mvn"], build_java, java),
    "rust": (["cargo"], build_rust, lambda at, client: ["./sdk-test"]),
}


def sources(language):
    return sorted(f for f in glob.glob(os.path.join(HERE, language, "**"), recursive=True)
                  if os.path.isfile(f) and "__pycache__" not in f)


def prepare(language):
    """The folder of a built program. Raises Missing with the reason."""
    tools, build, _ = LANGUAGES[language]
    for tool in tools:
        if not shutil.which(tool):
            raise Missing(f"no {tool} on this machine")
    digest = hashlib.sha256()
    for name in sources(language):
        with open(name, "rb") as f:
            digest.update(os.path.basename(name).encode() + b"\0" + f.read())
    at = os.path.join(CACHE, f"{language}-{digest.hexdigest()[:12]}")
    if not os.path.exists(os.path.join(at, "ready")):
        shutil.rmtree(at, ignore_errors=True)
        os.makedirs(at)
        for name in sources(language):
            shutil.copy2(name, at)
        build(at)
        with open(os.path.join(at, "ready"), "w", encoding="ascii"):
            pass
    return at


def command(language, at, client):
    return LANGUAGES[language][2](at, client)
