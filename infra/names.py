"""The names of everything in the cloud: chosen, never generated, so that documents can name it."""

from dataclasses import dataclass
from typing import Final

from catalog.environment import Environment

TAGS_MANAGED_BY: Final = "slipway"


@dataclass(frozen=True, slots=True)
class Names:
    """Names and ARNs of one stack in one account. `partition` is always `aws`."""

    stack: str
    region: str
    account: str
    bucket: str

    @classmethod
    def of(cls, env: Environment, account: str) -> "Names":
        """The names of a stack."""
        return cls(env.stack, env.region, account, env.bucket)

    @property
    def cluster(self) -> str:
        """The EKS cluster, and the value of the tag `karpenter.sh/discovery`."""
        return f"slipway-{self.stack}"

    def of_stack(self, purpose: str) -> str:
        """A regional name: `slipway-<stack>-<purpose>`."""
        return f"{self.cluster}-{purpose}"

    def role(self, purpose: str) -> str:
        """An IAM role; IAM is global, and the stack's name tells stacks of one account apart."""
        return self.of_stack(purpose)

    def role_arn(self, purpose: str) -> str:
        """The ARN of that role."""
        return f"arn:aws:iam::{self.account}:role/{self.role(purpose)}"

    def bucket_for(self, purpose: str) -> str:
        """A bucket beside the artifacts': `<bucket>-<purpose>`."""
        return f"{self.bucket}-{purpose}"

    def bucket_arn(self, purpose: str | None = None) -> str:
        """The ARN of a bucket; of the artifacts' without a purpose."""
        return f"arn:aws:s3:::{self.bucket if purpose is None else self.bucket_for(purpose)}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the stack's region and account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
