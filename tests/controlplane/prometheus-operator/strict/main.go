// strict reads manifests of the Prometheus operator with the operator's own types and says what
// they do not know. Arguments: files.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

var types = map[string]func() any{
	"monitoring.coreos.com/v1 PodMonitor":         func() any { return &v1.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule":     func() any { return &v1.PrometheusRule{} },
	"monitoring.coreos.com/v1 ServiceMonitor":     func() any { return &v1.ServiceMonitor{} },
	"monitoring.coreos.com/v1alpha1 ScrapeConfig": func() any { return &v1alpha1.ScrapeConfig{} },
}

func main() {
	status := 0
	for _, name := range os.Args[1:] {
		if err := read(name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			status = 1
		}
	}
	os.Exit(status)
}

func read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	documents := utilyaml.NewDocumentDecoder(file)
	buffer := make([]byte, 1<<20)
	for {
		length, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := check(bytes.TrimSpace(buffer[:length])); err != nil {
			return err
		}
	}
}

func check(document []byte) error {
	var kind struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return err
	}
	empty, known := types[kind.APIVersion+" "+kind.Kind]
	if !known {
		return fmt.Errorf("%s %s: not one of the kinds that are known here", kind.APIVersion, kind.Kind)
	}
	// As an API server reads: names in the right case, and none twice.
	encoded, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	unknown, err := json.UnmarshalStrict(encoded, empty())
	if err := errors.Join(append(unknown, err)...); err != nil {
		return err
	}
	fmt.Println(kind.Kind)
	return nil
}
