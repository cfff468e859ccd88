#!/bin/sh
# Builds a Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager,
# kubectl) from the Go modules that go.sum pins, into .cache/control-plane/bin of
# the clone, or the folder given as the first argument. Needs Go 1.26 or newer
# and, on two cores, about seven minutes.
set -eu
cd "$(dirname "$0")"
target=${1:-../../../../.cache/control-plane/bin}

explain() {
  echo "control plane: $1" >&2
  echo "Either install Go 1.26 or newer (https://go.dev/dl), or get the same programs prebuilt:" >&2
  echo "  setup-envtest use -p path    (https://github.com/kubernetes-sigs/controller-runtime/releases)" >&2
  echo "and export KUBEBUILDER_ASSETS=<the folder that it prints>." >&2
  exit 69
}

command -v go >/dev/null 2>&1 || explain "there is no 'go' on the PATH"
found=$(go env GOVERSION)
release=${found#go}
major=${release%%.*}
minor=${release#*.}
minor=${minor%%[!0-9]*}
case "$major$minor" in
  '' | *[!0-9]*) ;; # a development build of Go says no number: let go.mod decide
  *) [ "$major" -gt 1 ] || [ "${minor:-0}" -ge 26 ] || explain "found $found, Kubernetes 1.36 needs Go 1.26 or newer" ;;
esac

mkdir -p "$target"
target=$(cd "$target" && pwd)
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
kubernetes_minor=$(echo "$version" | cut -d. -f2)
echo "building Kubernetes $version with $found into $target; this takes some minutes" >&2
# Built beside its place and renamed: an interrupted build leaves the old one whole.
versions=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  versions="$versions -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$kubernetes_minor"
done
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w$versions" -o "$target/control-plane.new" .
mv "$target/control-plane.new" "$target/control-plane"
for name in etcd kube-apiserver kube-controller-manager kubectl; do
  ln -sf control-plane "$target/$name"
done
echo "export KUBEBUILDER_ASSETS=$target"
