"""A real Slurm of two nodes, both of them this machine."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from free_ports import free_ports

COMMANDS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
PARTITION = "everyone"
OTHER_NODE = "zz"
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
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
NodeName={host} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName={other} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName={partition} Nodes=ALL Default=YES State=UP
"""


@contextmanager
def running(folder: Path):
    """The cluster, until the block ends; tests without a Slurm here are left out."""
    missing = [command for command in COMMANDS if shutil.which(command, path=path()) is None]
    if missing:
        pytest.skip(f"there is no Slurm here ({missing[0]})")
    config = folder / "slurm.conf"
    config.write_text(
        CONFIG.format(
            host=socket.gethostname(),
            other=OTHER_NODE,
            user=getpass.getuser(),
            folder=folder,
            ports=free_ports(3),
            cores=os.cpu_count(),
            partition=PARTITION,
        )
    )
    (folder / "state").mkdir()
    environment = os.environ | {"SLURM_CONF": str(config), "PATH": path()}
    daemons = [["slurmctld"], ["slurmd", "-N", socket.gethostname()], ["slurmd", "-N", OTHER_NODE]]
    started = [
        subprocess.Popen([*daemon, "-D"], env=environment, stderr=subprocess.DEVNULL)
        for daemon in daemons
    ]
    try:
        wait_for_nodes(environment)
        yield environment
    finally:
        subprocess.run(["scancel", "--user", getpass.getuser()], env=environment, check=False)
        for daemon in reversed(started):
            daemon.terminate()
            daemon.wait(20)


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
