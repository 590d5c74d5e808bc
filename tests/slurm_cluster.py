"""A real Slurm of two nodes, which share the disk alone: each has a network of its own."""

import getpass
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from shlex import join

import pytest

from free_ports import free_ports
from machines import ADDRESSES, NAMES, two_machines

DAEMONS = ("slurmctld", "slurmd")
COMMANDS = ("sbatch", "srun", "squeue", "sinfo", "scancel", "scontrol")
PARTITION = "everyone"
CONFIG = """
ClusterName=test
SlurmctldHost={names[0]}({addresses[0]})
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node-%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/node-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=5
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
NodeName=DEFAULT CPUs={cores} RealMemory=65536
NodeName={names[0]} NodeAddr={addresses[0]} Port={ports[1]}
NodeName={names[1]} NodeAddr={addresses[1]} Port={ports[1]}
PartitionName={partition} Nodes=ALL Default=YES State=UP
"""


@contextmanager
def running(folder: Path):
    """The cluster, until the block ends; tests without a Slurm here are left out."""
    needed = (*DAEMONS, *COMMANDS)
    missing = [command for command in needed if shutil.which(command, path=path()) is None]
    if missing:
        pytest.skip(f"there is no Slurm here ({missing[0]})")
    config = folder / "slurm.conf"
    config.write_text(
        CONFIG.format(
            names=NAMES,
            addresses=ADDRESSES,
            user=getpass.getuser(),
            folder=folder,
            ports=free_ports(2),
            cores=os.cpu_count(),
            partition=PARTITION,
        )
    )
    (folder / "state").mkdir()
    environment = os.environ | {"SLURM_CONF": str(config), "PATH": path()}
    with two_machines(folder) as (first, second):
        daemons = [[*first, "slurmctld"], [*first, "slurmd"], [*second, "slurmd"]]
        started = [
            subprocess.Popen([*daemon, "-D"], env=environment, stderr=subprocess.DEVNULL)
            for daemon in daemons
        ]
        commands = write_commands(folder / "commands", first)
        environment["PATH"] = f"{commands}:{path()}"
        try:
            wait_for_nodes(environment)
            yield environment
        finally:
            subprocess.run(["scancel", "--user", getpass.getuser()], env=environment, check=False)
            for daemon in reversed(started):
                daemon.terminate()
                daemon.wait(20)


def write_commands(folder, machine):
    """Slurm's commands for whoever is on neither machine: they run on the first."""
    folder.mkdir()
    for command in COMMANDS:
        real = shutil.which(command, path=path())
        (folder / command).write_text(f'#!/bin/sh\nexec {join(machine)} --wd="$PWD" {real} "$@"\n')
        (folder / command).chmod(0o755)
    return folder


def wait_for_nodes(environment):
    asked = ["sinfo", "--noheader", "--format=%D %t"]
    for _ in range(150):
        told = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
        if told.stdout.split() == ["2", "idle"]:
            return
        time.sleep(0.2)
    pytest.fail(f"the nodes of Slurm did not come up: {told.stdout}{told.stderr}")


def path():
    """Debian keeps the daemons where only root looks."""
    return f"{os.environ['PATH']}:/usr/sbin:/usr/bin"
