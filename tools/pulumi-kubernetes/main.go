// The Pulumi provider for Kubernetes, from its module: the module's own command embeds two files
// that its release process writes. Here the build lays the two that are in the module beside this
// file (`overlay` in tools/toolchain.py).
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
