// Command yaml-reader says how Helm and the Kubernetes libraries read manifests: one JSON request a line on standard input, one
// answer a line on standard output.
//
// A request {"read": "manifest", "text": ...} is what a release stores, or one hook, or a file of crds/: kubectl's and Helm's
// resource builder reads it. A request {"read": "template", "text": ...} is a rendered template: both majors of Helm split it, sort out its hooks, and
// join the rest into a manifest.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v4/pkg/release/v1/util"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type request struct {
	Read string `json:"read"`
	Text string `json:"text"`
}

type answer struct {
	Objects []any   `json:"objects"`
	Error   string  `json:"error,omitempty"`
	Helm3   *charts `json:"helm3,omitempty"`
	Helm4   *charts `json:"helm4,omitempty"`
}

// charts is what one major of Helm makes of a rendered template.
type charts struct {
	Manifest string   `json:"manifest"`
	Hooks    []string `json:"hooks"`
	Error    string   `json:"error,omitempty"`
}

const source = "chart/templates/one.yaml"

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var asked request
			if err := json.Unmarshal(line, &asked); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(2)
			}
			if err := encoder.Encode(read(asked)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

func read(asked request) answer {
	if asked.Read == "template" {
		return answer{Objects: []any{}, Helm3: byHelm3(asked.Text), Helm4: byHelm4(asked.Text)}
	}
	objects, err := manifest(asked.Text)
	if err != nil {
		return answer{Objects: []any{}, Error: err.Error()}
	}
	return answer{Objects: objects}
}

// manifest reads as StreamVisitor and FlattenListVisitor of k8s.io/cli-runtime/pkg/resource do, without a cluster.
func manifest(text string) (found []any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	found = []any{}
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		one := runtime.RawExtension{}
		if err := decoder.Decode(&one); err != nil {
			if err == io.EOF {
				return found, nil
			}
			return nil, err
		}
		raw := bytes.TrimSpace(one.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		object, _, err := unstructured.UnstructuredJSONScheme.Decode(raw, nil, nil)
		if err != nil {
			return nil, err
		}
		flat, err := flattened(object)
		if err != nil {
			return nil, err
		}
		found = append(found, flat...)
	}
}

func flattened(object runtime.Object) ([]any, error) {
	found := []any{}
	waiting := []runtime.Object{object}
	for i := 0; i < len(waiting); i++ {
		if !meta.IsListType(waiting[i]) {
			one, ok := waiting[i].(*unstructured.Unstructured)
			if !ok {
				return nil, fmt.Errorf("a list holds something else than objects")
			}
			if one.GetKind() == "" {
				return nil, fmt.Errorf("Object 'Kind' is missing")
			}
			found = append(found, one.Object)
			continue
		}
		items, err := meta.ExtractList(waiting[i])
		if err != nil {
			return nil, err
		}
		if errs := runtime.DecodeList(items, unstructured.UnstructuredJSONScheme); len(errs) > 0 {
			return nil, errs[0]
		}
		waiting = append(waiting, items...)
	}
	return found, nil
}

func byHelm3(text string) *charts {
	hooks, manifests, err := releaseutil.SortManifests(map[string]string{source: text}, nil, releaseutil.InstallOrder)
	made := charts{Hooks: []string{}}
	if err != nil {
		made.Error = err.Error()
		return &made
	}
	for _, one := range manifests {
		made.Manifest += fmt.Sprintf("---\n# Source: %s\n%s\n", one.Name, one.Content)
	}
	for _, one := range hooks {
		made.Hooks = append(made.Hooks, one.Manifest)
	}
	return &made
}

func byHelm4(text string) *charts {
	hooks, manifests, err := util.SortManifests(map[string]string{source: text}, nil, util.InstallOrder)
	made := charts{Hooks: []string{}}
	if err != nil {
		made.Error = err.Error()
		return &made
	}
	for _, one := range manifests {
		made.Manifest += fmt.Sprintf("---\n# Source: %s\n%s\n", one.Name, one.Content)
	}
	for _, one := range hooks {
		made.Hooks = append(made.Hooks, one.Manifest)
	}
	return &made
}
