#!/bin/sh
# mirror.sh <registry/path>: copies the images that Knative's release files name into a
# registry, and has the files name them there, by digest. Envoy's has a tag alone: it becomes
# what that is today.
set -eu
to=$1
cd "$(dirname "$0")"
grep -ohE '(gcr|docker|ghcr|quay)\.io/[A-Za-z0-9._/-]+(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?' upstream/*.yaml | grep -E '[:@]' | sort -ru | while read -r image; do
  digest=${image#*@}
  test "$digest" != "$image" || digest=$(crane digest "$image")
  path=${image%@*} # without host, tag and what is the same of all
  path=${path#*/}
  path=${path%:*}
  name=knative-$(echo "${path#knative-releases/knative.dev/}" | tr / -)
  crane copy "${image%@*}@$digest" "$to/$name:1.23"
  sed -i "s#$image#$to/$name@$digest#g" upstream/*.yaml
done
