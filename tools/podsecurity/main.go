// Command podsecurity judges Pods by the Pod Security Standards with the API server's own library.
//
// Standard input is one JSON array of Pods; standard output is one JSON array with a verdict for
// each, in the same order. An unknown or duplicate field is an error and exit status 1, because a
// misspelt field would otherwise be judged as absent.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

// The rules change with the Kubernetes minor; this is the one that clusters run.
var rules = api.MajorMinorVersion(1, 34)

type failure struct {
	Level  api.Level `json:"level"`
	Reason string    `json:"reason"`
	Detail string    `json:"detail"`
}

type verdict struct {
	Name     string    `json:"name"`
	Level    api.Level `json:"level"` // the strictest level whose checks all pass
	Failures []failure `json:"failures"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "podsecurity:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	input, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var pods []corev1.Pod
	strict, err := kjson.UnmarshalStrict(input, &pods)
	if err := errors.Join(append(strict, err)...); err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return err
	}
	verdicts := make([]verdict, 0, len(pods))
	for i := range pods {
		verdicts = append(verdicts, judge(evaluator, &pods[i]))
	}
	return json.NewEncoder(out).Encode(verdicts)
}

func judge(evaluator policy.Evaluator, pod *corev1.Pod) verdict {
	v := verdict{Name: pod.Name, Level: api.LevelPrivileged, Failures: []failure{}}
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		passes := true
		at := api.LevelVersion{Level: level, Version: rules}
		for _, result := range evaluator.EvaluatePod(at, &pod.ObjectMeta, &pod.Spec) {
			if result.Allowed {
				continue
			}
			passes = false
			v.Failures = append(v.Failures,
				failure{level, result.ForbiddenReason, result.ForbiddenDetail})
		}
		if passes {
			v.Level = level
		}
	}
	return v
}
