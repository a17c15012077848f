"""The environment variables that each program gets which plangate starts: an allow-list, so that no secret of the gate is among them.

Providers, plugins and rules of the reviewed repository run inside of these programs and can read what they get. The gate's key
(`PLANGATE_KEY`) and the tokens of the forge (`GITHUB_TOKEN`, `CI_JOB_TOKEN`, `SYSTEM_ACCESSTOKEN`, ...) are on no list.
"""

from __future__ import annotations

import os
from typing import Final

from plangate.lang.glob import fits

_SYSTEM: Final = (
    "PATH HOME USER LOGNAME TMPDIR TMP TEMP LANG LANGUAGE LC_* TZ TERM NO_COLOR XDG_* "
    "SYSTEMROOT SYSTEMDRIVE COMSPEC PATHEXT USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES"
)
_NETWORK: Final = (
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR"
)
_CLOUDS: Final = "AWS_* GOOGLE_* CLOUDSDK_* USE_GKE_GCLOUD_AUTH_PLUGIN AZURE_* AAD_* ARM_* MSI_* IDENTITY_* OCI_*"
"""What signs in to a cloud: the credential plugins of kubectl, and the keys of an encrypted plan."""
_TERRAFORM: Final = f"{_SYSTEM} {_NETWORK} {_CLOUDS} TF_* TERRAFORM_CONFIG BAO_* VAULT_*"
_KUBERNETES: Final = f"{_SYSTEM} {_NETWORK} {_CLOUDS} KUBE* HELM_*"

_LISTS: Final = {
    "terraform": _TERRAFORM,
    "tofu": _TERRAFORM,
    "helm": _KUBERNETES,
    "kubectl": _KUBERNETES,
    "git": f"{_SYSTEM} GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES "
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    # Rules can send what they see to anywhere: they get no way out, and no credentials.
    "conftest": _SYSTEM,
    "opa": _SYSTEM,
}
"""The variables of each program; a star stands for any end of a name."""

_NEVER: Final = "TF_CLI_ARGS* TF_LOG* TF_TOKEN_* TF_HTTP_* AZURE_DEVOPS_*"
"""What a star would let in: arguments and logs of Terraform, tokens of registries and forges."""


def of(tool: str) -> dict[str, str]:
    """The variables of this process that a program gets. Raises `KeyError` for a program without a list."""
    allowed, never = _LISTS[tool].split(), _NEVER.split()
    return {name: value for name, value in os.environ.items() if _fits(name, allowed) and not _fits(name, never)}


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fits(pattern, name) for pattern in patterns)
