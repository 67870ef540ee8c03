// Writes down what the hash of a pod template depends on: the fields of its Go types in their order (assets/pod-template-types.json),
// or, with a file of templates, the hash that the deployment controller gives each: go run . [templates.json]
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/utils/dump"
)

func main() {
	out := json.NewEncoder(os.Stdout)
	if len(os.Args) < 2 {
		types := map[string]any{}
		name(reflect.TypeOf(corev1.PodTemplateSpec{}), types)
		_ = out.Encode(types)
		return
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var templates []json.RawMessage
	if err := json.Unmarshal(text, &templates); err != nil {
		panic(err)
	}
	type answer struct {
		Template json.RawMessage `json:"template"`
		Hash     string          `json:"hash"`
	}
	answers := []answer{}
	for _, each := range templates {
		var template, stored corev1.PodTemplateSpec
		if err := json.Unmarshal(each, &template); err != nil {
			panic(err)
		}
		// The controller reads protobuf from the server.
		octets, err := template.Marshal()
		if err != nil {
			panic(err)
		}
		if err := stored.Unmarshal(octets); err != nil {
			panic(err)
		}
		if os.Getenv("DUMP") != "" {
			fmt.Fprintln(os.Stderr, dump.ForHash(stored))
		}
		answers = append(answers, answer{each, controller.ComputeHash(&stored, nil)})
	}
	_ = out.Encode(answers)
}

// The type as spew names it; what it consists of goes into types.
func name(t reflect.Type, types map[string]any) string {
	text := strings.ReplaceAll(t.String(), "interface {}", "interface")
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		name(t.Elem(), types)
	case reflect.Map:
		name(t.Key(), types)
		name(t.Elem(), types)
	case reflect.Struct:
		if _, known := types[text]; known {
			break
		}
		fields := [][]string{}
		types[text] = fields
		for i := range t.NumField() {
			field := t.Field(i)
			tag := strings.Split(field.Tag.Get("json"), ",")[0]
			fields = append(fields, []string{field.Name, tag, name(field.Type, types)})
		}
		types[text] = fields
	default:
		if t.String() != t.Kind().String() {
			types[text] = t.Kind().String()
		}
	}
	return text
}
