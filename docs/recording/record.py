#!/usr/bin/env python3
"""docs/recording/record.py: runs the commands of the README's "Use" and draws what a terminal shows into use.svg.

The commands are taken from the README and run by a shell on a pseudo-terminal, with a server on an empty data directory and a disk
made for them. What they write is drawn as it is; a command that fails fails the recording.
"""
import fcntl, html, os, pathlib, pty, re, shutil, signal, struct, subprocess, sys, tempfile, termios

ROOT = pathlib.Path(__file__).resolve().parents[2]
SVG = pathlib.Path(__file__).with_name("use.svg")
IMAGES = "/var/lib/libvirt/images"  # where the README's disk is; here it is in a directory of its own, which is not shown
COLUMNS, ROWS = 132, 50
GLYPH, LINE, MARGIN = 7.2, 16, 14


def commands():
    use = (ROOT / "README.md").read_text().split("## Use", 1)[1].split("##", 1)[0]
    return [line.strip() for line in use.splitlines() if line.startswith("    ./platen ")]


def make_disk(directory):
    """A qcow2 image with an ext4 file system of some of this host's files."""
    raw = directory / "build-box.raw"
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", "/usr/bin", raw, "4g"], check=True)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, directory / "build-box.qcow2"], check=True)
    raw.unlink()


def start_server(directory, environment):
    log = open(directory / "server.log", "w")
    server = subprocess.Popen(
        [ROOT / "platen", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    for _ in range(2):
        name, value = server.stdout.readline().removeprefix("export ").strip().split("=", 1)
        environment[name] = value
    return server


def run_on_terminal(command, environment):
    """What the terminal got, and the exit status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe("bash", ["bash", "-c", command], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    out = b""
    while True:
        try:
            got = os.read(terminal, 4096)
        except OSError:  # Linux' way to say that the other side is closed
            got = b""
        if not got:
            break
        out += got
    os.close(terminal)
    return out.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def screen(text):
    """The lines as they stand at the end: a progress bar goes back to the beginning of its line and clears it."""
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        shown = re.split(r"\r|\x1b\[K", line)[-1]
        while shown:
            yield shown[:COLUMNS]
            shown = shown[COLUMNS:]


def draw(lines):
    width, height = round(COLUMNS * GLYPH + 2 * MARGIN), len(lines) * LINE + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    yield f'<rect width="{width}" height="{height}" rx="6" fill="#1b1f24"/>'
    yield '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" fill="#d7dce1" xml:space="preserve">'
    for number, (typed, line) in enumerate(lines):
        fill = ' fill="#7ee787"' if typed else ""
        length = round(len(line) * GLYPH, 1)
        if line:
            yield (f'<text x="{MARGIN}" y="{MARGIN + 12 + number * LINE}" textLength="{length}"{fill}>'
                   f"{html.escape(line)}</text>")
    yield "</g></svg>"


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="platen-recording"))
    environment = dict(os.environ, PLATEN_DATA=str(directory / "data"), PLATEN_HYPERVISOR="none", TERM="xterm")
    make_disk(directory)
    server = start_server(directory, environment)
    lines = []
    try:
        for command in commands():
            out, status = run_on_terminal(command.replace(IMAGES, str(directory)), environment)
            lines.append((True, "$ " + command))
            lines += [(False, line) for line in screen(out.replace(str(directory), IMAGES))]
            print("$", command, out.replace("\r\n", "\n"), sep="\n", end="")
            if status != 0:
                sys.exit(f"{command}: exit status {status}; the server's log is {directory}/server.log")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    SVG.write_text("\n".join(draw(lines)) + "\n")
    shutil.rmtree(directory)


main()
