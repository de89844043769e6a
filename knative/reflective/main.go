// Command reflective fails where a program calls methods by name: the linker must then keep
// every exported method of every type, which doubles a function's image.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "reflective:", err)
		os.Exit(1)
	}
}

func run(patterns []string) error {
	list, err := exec.Command("go", append([]string{"list"}, patterns...)...).Output()
	if err != nil {
		return fmt.Errorf("list the programs: %w", err)
	}
	bad := 0
	for _, program := range strings.Fields(string(list)) {
		callers, size, err := reflective(program)
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %6.2f MiB  %d reflective callers\n", path.Base(program), float64(size)/(1<<20), len(callers))
		for _, c := range callers {
			fmt.Println("   ", c)
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d callers end dead-code elimination: they call reflect.Value.Method or MethodByName (text/template does); take another library, or find what imports it with `go list -deps` of the program", bad)
	}
	return nil
}

// reflective are the functions of a program that the linker marks as calling methods by
// name, and the program's size in bytes as it is shipped.
func reflective(program string) (callers []string, size int64, err error) {
	out, err := os.CreateTemp("", "reflective-")
	if err != nil {
		return nil, 0, fmt.Errorf("reflective: %w", err)
	}
	defer func() { _ = os.Remove(out.Name()) }()
	_ = out.Close()
	command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", out.Name(), "-ldflags=-s -w -dumpdep", program)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	errors, err := command.StderrPipe()
	if err != nil {
		return nil, 0, fmt.Errorf("reflective: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, 0, fmt.Errorf("reflective: %w", err)
	}
	lines := bufio.NewScanner(errors)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if from, _, marked := strings.Cut(lines.Text(), " <ReflectMethod>"); marked {
			callers = append(callers, from)
		}
	}
	if err := command.Wait(); err != nil {
		return nil, 0, fmt.Errorf("build %s: %w", program, err)
	}
	info, err := os.Stat(out.Name())
	if err != nil {
		return nil, 0, fmt.Errorf("reflective: %w", err)
	}
	return callers, info.Size(), nil
}
