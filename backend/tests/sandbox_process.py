"""The sandbox for tests: `running_sandbox` starts a process and yields its client."""

from app.sandbox.client import SandboxClient
from app.sandbox.process import running_sandbox

__all__ = ["SandboxClient", "running_sandbox"]
