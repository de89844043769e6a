package chart_test

import (
	_ "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	_ "github.com/tektoncd/pipeline/pkg/client/clientset/versioned"
	_ "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	_ "github.com/tektoncd/triggers/pkg/interceptors/cel"
	_ "github.com/tektoncd/triggers/pkg/interceptors/github"
	_ "github.com/tektoncd/triggers/pkg/template"
)
