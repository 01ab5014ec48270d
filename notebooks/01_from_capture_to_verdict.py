# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a capture to a verdict
#
# A firmware upgrade was recorded between an ACS and a CPE. Did both keep to TR-069? And is what we hold them to
# right in the first place? This notebook goes from the one question to the other:
#
# 1. read the capture, and look at the session in which the upgrade was reported,
# 2. judge it,
# 3. look at the model that it was judged by,
# 4. verify that model,
# 5. put a bug into the model, and see it found.
#
# Every figure is a static drawing; an exported page needs no script and no network.

# %%
from pathlib import Path

from cwmpcheck.api import diff, draw_session, explain, explore, graph, load_trace, verify

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "examples").is_dir())
capture = root / "examples" / "unicast-upgrade"

# %% [markdown]
# ## 1. What was captured
#
# The folder holds one run: the packets, the messages that were extracted from them, and the laboratory's own notes. `load_trace`
# reads the richest of them and tells devices, sessions and file transfers apart.

# %%
trace = load_trace(capture)
for device in trace.devices:
    print(device.name)
    for session in device.sessions:
        print(f"  session {session.number}: {', '.join(item.rpc or 'empty' for item in session.items if hasattr(item, 'rpc'))}")
    for fetch in device.fetches:
        print(f"  {fetch.method} of {fetch.length} bytes, {'whole' if fetch.complete else 'broken'}")

# %% [markdown]
# The session after the reboot: the Inform announces `7 TRANSFER COMPLETE` and `M Download`, the CPE calls TransferComplete
# and the ACS acknowledges it. The numbers on the left are packet numbers.

# %%
reported = next(
    session.number
    for session in trace.devices[0].sessions
    if any(getattr(item, "rpc", "") == "TransferComplete" for item in session.items)
)
draw_session(trace, reported)

# %% [markdown]
# ## 2. The verdict
#
# The trace is followed on the model, the properties are monitored on it, and each envelope is held against the schema.

# %%
diff(capture)

# %% [markdown]
# What is demanded can be looked up. A rule that rests on recollection alone says that it is unverified.

# %%
explain("P-31")

# %% [markdown]
# ## 3. The model
#
# Computed from the model itself: every reachable state of the scenario, drawn as one box where a transfer looks the same.
# Blue: a message is sent or taken. Green: a step inside a party. Purple: network, file server, power.

# %%
graph("transfer")

# %% [markdown]
# ## 4. Is the model right?
#
# Losses and resets have no limit, so the space is searched to its end rather than to a budget. Here is the smallest scenario, a
# Download that is applied within the call, with a few of its properties; `cwmpcheck verify` decides all of them in all
# scenarios.

# %%
print(explore("status0"))
verify(["status0"], ["P-20", "P-23", "P-24", "P-26", "H-1", "P-89"])

# %% [markdown]
# ## 5. A bug, seeded and found
#
# A model is data, so a careless implementation is the same data with a guard dropped: here a CPE that calls
# TransferComplete in any session, announced or not. The shortest run that breaks the rule comes out.

# %%
from cwmpcheck.protocol.mutants import mutant

broken = verify(["same-session"], ["P-31"], model=mutant("drop:report:P-31").apply)
print(broken)
(decision,) = broken.decisions
decision.drawing()

# %% [markdown]
# The same run as text, with the variables that each step changed, as the command line prints it:

# %%
print(decision.drawing())
