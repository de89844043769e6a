package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// passwords changes the password of the database that the chart itself runs: in the server, and
// in the Secret by which everybody logs in. An upgrade of the chart changes the Secret alone,
// after its migration has logged in with what is there.
type passwords struct {
	kube      kubernetes.Interface
	namespace string
	alter     func(ctx context.Context, password string) error // in the server
}

// The chart's Secret, and its keys that have the password.
const (
	ownSecret   = "madang"
	passwordKey = "postgres-password"
	addressKey  = "database-url"
)

// ownPassword is the password that values give the chart's own database; nothing where they leave
// it as it is, or where others keep it.
func ownPassword(values map[string]any) string {
	if postgres, _ := values["postgres"].(map[string]any); postgres["operator"] != nil && postgres["operator"] != "" {
		return ""
	}
	return givenPassword(values)
}

// givenPassword is the password that values give a database in the cluster, whoever runs it.
func givenPassword(values map[string]any) string {
	at := func(group, key string) string {
		of, _ := values[group].(map[string]any)
		text, _ := of[key].(string)
		return text
	}
	if at("secrets", "existing") != "" || at("postgres", "url") != "" {
		return ""
	}
	return at("secrets", "postgresPassword")
}

// ownAddress is the address of a server outside, where values give one.
func ownAddress(values map[string]any) string {
	secrets, _ := values["secrets"].(map[string]any)
	postgres, _ := values["postgres"].(map[string]any)
	if existing, _ := secrets["existing"].(string); existing != "" {
		return ""
	}
	address, _ := postgres["url"].(string)
	return address
}

// lead has everybody log in at another address, or with another password of it, where there is
// one, and returns what it was: the migration that comes first is one of them.
func (p passwords) lead(ctx context.Context, to string) (was string, err error) {
	if to == "" {
		return "", nil
	}
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(ctx, ownSecret, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the database's address: %w", err)
	}
	was = string(secret.Data[addressKey])
	if was == to {
		return "", nil
	}
	secret.Data[addressKey] = []byte(to)
	if _, err := p.kube.CoreV1().Secrets(p.namespace).Update(ctx, secret, metav1.UpdateOptions{}); err != nil {
		return "", fmt.Errorf("the database's address: %w", err)
	}
	return was, nil
}

// follow has the database take a password, where it has another one, and returns that.
func (p passwords) follow(ctx context.Context, wanted string) (was string, err error) {
	if wanted == "" {
		return "", nil
	}
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(ctx, ownSecret, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the database's password: %w", err)
	}
	was = string(secret.Data[passwordKey])
	if was == "" || was == wanted || strings.Contains(string(secret.Data[addressKey]), "@postgres-rw:") {
		return "", nil
	}
	return was, p.set(ctx, wanted)
}

// set changes the password in both places, the server first: whoever is killed between the two
// finds it in the Secret when the command is given again. Pods of functions that are awake have
// the old one, and start anew.
func (p passwords) set(ctx context.Context, wanted string) error {
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(ctx, ownSecret, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("the database's password: %w", err)
	}
	was := string(secret.Data[passwordKey])
	if err := p.alter(ctx, wanted); err != nil {
		return fmt.Errorf("the database's password: %w", err)
	}
	if err := p.write(ctx, secret, was, wanted); err != nil {
		return errors.Join(err, p.alter(context.WithoutCancel(ctx), was))
	}
	return p.renew(ctx)
}

// renew has functions that are awake begin anew, with the password that the Secret has now.
func (p passwords) renew(ctx context.Context) error {
	err := p.kube.CoreV1().Pods(p.namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: functionPods})
	if err != nil {
		return fmt.Errorf("functions keep the database's old password: %w", err)
	}
	return nil
}

// changes says whether the upgrade that comes gives the Secret another password. A database of an
// operator takes it from there by itself, and functions that are awake do not.
func (p passwords) changes(ctx context.Context, wanted string) (bool, error) {
	if wanted == "" {
		return false, nil
	}
	secret, err := p.kube.CoreV1().Secrets(p.namespace).Get(ctx, ownSecret, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the database's password: %w", err)
	}
	return string(secret.Data[passwordKey]) != wanted, nil
}

func (p passwords) write(ctx context.Context, secret *corev1.Secret, was, wanted string) error {
	secret.Data[passwordKey] = []byte(wanted)
	secret.Data[addressKey] = []byte(strings.Replace(string(secret.Data[addressKey]), ":"+was+"@", ":"+wanted+"@", 1))
	if _, err := p.kube.CoreV1().Secrets(p.namespace).Update(ctx, secret, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("the database's password: %w", err)
	}
	return nil
}

// alter changes the password in the server, whose own socket asks for none.
func (c *cluster) alter(namespace string) func(context.Context, string) error {
	return func(ctx context.Context, password string) error {
		_, err := c.run(ctx, namespace, database, strings.NewReader(alteration(password)), "sh", "-c",
			psql+` exec "$psql" -h /tmp -U postgres -q -v ON_ERROR_STOP=1 postgres`)
		return err
	}
}

// alteration is the statement; the chart's schema takes letters and digits alone.
func alteration(password string) string {
	return "ALTER ROLE madang PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "';\n"
}
