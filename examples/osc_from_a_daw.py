"""OSC from a DAW, a tablet or a script: a bridge that runs is told what to do, and tells what became of it.

Starts a bridge of its own on a free port; yours is `semeq-bridge serve --instance vox --daw vox=ardour:Vocals`.
"""

import subprocess
import sys

from semeq_bridge.client import Talk

serve = [sys.executable, "-c", "from semeq_bridge.cli import main; main()", "serve", "--osc", "127.0.0.1:0"]
bridge = subprocess.Popen([*serve, "--instance", "vox"], stderr=subprocess.PIPE, text=True)
try:
    assert bridge.stderr is not None
    said = bridge.stderr.readline()  # OSC at 127.0.0.1:41234; instances: vox; Ctrl-C stops
    port = int(said.split("127.0.0.1:")[1].split(";")[0])
    with Talk("127.0.0.1", port) as talk, Talk("127.0.0.1", port) as ear:
        ear.ask("/semeq/subscribe")  # to this socket, for 60 s
        talk.send("/semeq/vox/term", "70% warm + 30% full")
        talk.send("/semeq/vox/intensity", 0.7)
        (gain,) = talk.ask("/semeq/vox/band/2/gain")  # without a value: what is it?
        print(gain.address, *gain.args, "dB")
        for error in talk.ask("/semeq/vox/intensity", 7.0):
            print(*error.args)
        heard = {message.address: message.args for message in ear.received(0.3)}
        print("heard:", heard["/semeq/vox/term"], heard["/semeq/vox/intensity"])
finally:
    bridge.terminate()
    bridge.communicate()
