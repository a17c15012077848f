"""What the programs that plangate starts can read of its environment."""

import pytest

from plangate.evidence import child_environment

SECRETS = [
    "PLANGATE_KEY",
    "PLANGATE_KEY_FILE",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "GITLAB_TOKEN",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "CI_JOB_JWT",
    "SYSTEM_ACCESSTOKEN",
    "AZURE_DEVOPS_EXT_PAT",
    "BITBUCKET_TOKEN",
    "JENKINS_API_TOKEN",
    "NPM_TOKEN",
    "TF_TOKEN_app_terraform_io",
    "TF_TOKEN_gitlab_com",
    "TF_HTTP_PASSWORD",
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_show",
    "TF_LOG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_VALUE_0",
    "GIT_DIR",
    "GIT_ASKPASS",
    "SSH_AUTH_SOCK",
    "DATABASE_URL",
    "MY_PATH",
    "LD_PRELOAD",
]
TOOLS = ("terraform", "tofu", "helm", "kubectl", "git", "conftest", "opa")


@pytest.mark.parametrize("tool", TOOLS)
def test_no_program_gets_a_secret_of_the_gate(tool, monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, "invented")
    assert not set(SECRETS) & child_environment.of(tool).keys()


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        ("PATH", TOOLS),
        ("HOME", TOOLS),
        ("LC_ALL", TOOLS),
        ("HTTPS_PROXY", ("terraform", "tofu", "helm", "kubectl")),
        ("no_proxy", ("terraform", "tofu", "helm", "kubectl")),
        ("SSL_CERT_FILE", ("terraform", "tofu", "helm", "kubectl")),
        ("AWS_SESSION_TOKEN", ("terraform", "tofu", "helm", "kubectl")),
        ("GOOGLE_APPLICATION_CREDENTIALS", ("terraform", "tofu", "helm", "kubectl")),
        ("AZURE_CONFIG_DIR", ("terraform", "tofu", "helm", "kubectl")),
        ("KUBECONFIG", ("helm", "kubectl")),
        ("KUBERNETES_SERVICE_HOST", ("helm", "kubectl")),
        ("HELM_DRIVER", ("helm", "kubectl")),
        ("TF_DATA_DIR", ("terraform", "tofu")),
        ("TF_CLI_CONFIG_FILE", ("terraform", "tofu")),
        ("TF_ENCRYPTION", ("terraform", "tofu")),
        ("GIT_CONFIG_GLOBAL", ("git",)),
    ],
)
def test_what_a_program_needs_it_gets(name, tools, monkeypatch):
    monkeypatch.setenv(name, "given")
    assert tuple(tool for tool in TOOLS if child_environment.of(tool).get(name) == "given") == tools
