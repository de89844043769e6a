package embedded

import (
	"os"
	"path/filepath"
	"strings"
)

// load fills the buckets from the folder.
func (s *Server) load() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || !validBucketName(e.Name()) {
			continue
		}
		b := &bucket{dir: filepath.Join(s.dir, e.Name()), objects: map[string]*object{}, uploads: map[string]*upload{}}
		if err := b.load(); err != nil {
			return err
		}
		s.buckets[e.Name()] = b
	}
	return nil
}

func (b *bucket) load() error {
	if err := b.makeFolders(); err != nil {
		return err
	}
	named := map[string]bool{}
	if err := b.loadObjects(named); err != nil {
		return err
	}
	if err := b.loadUploads(named); err != nil {
		return err
	}
	data, err := os.ReadDir(filepath.Join(b.dir, "data"))
	if err != nil {
		return err
	}
	for _, e := range data {
		if !named[e.Name()] {
			if err := os.Remove(b.dataPath(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bucket) makeFolders() error {
	for _, name := range []string{"data", "objects", "uploads"} {
		if err := os.MkdirAll(filepath.Join(b.dir, name), 0o700); err != nil {
			return err
		}
	}
	return syncDir(b.dir)
}

func (b *bucket) loadObjects(named map[string]bool) error {
	return eachRecord(filepath.Join(b.dir, "objects"), func(path string) error {
		var o object
		if err := readRecord(path, &o); err != nil {
			return err
		}
		b.objects[o.Key] = &o
		for _, p := range o.Content {
			named[p.File] = true
		}
		return nil
	})
}

func (b *bucket) loadUploads(named map[string]bool) error {
	dirs, err := os.ReadDir(filepath.Join(b.dir, "uploads"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		u := upload{parts: map[int]part{}}
		err := readRecord(filepath.Join(b.uploadDir(dir.Name()), "upload.json"), &u)
		// A process that ended between a completion's record and the removal of its upload left both.
		if o := b.objects[u.Key]; os.IsNotExist(err) || err == nil && o != nil && o.UploadID == u.ID {
			if err := os.RemoveAll(b.uploadDir(dir.Name())); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		err = eachRecord(b.uploadDir(u.ID), func(path string) error {
			if filepath.Base(path) == "upload.json" {
				return nil
			}
			var p part
			if err := readRecord(path, &p); err != nil {
				return err
			}
			u.parts[p.Number] = p
			named[p.File] = true
			return nil
		})
		if err != nil {
			return err
		}
		b.uploads[u.ID] = &u
	}
	return nil
}

// eachRecord visits the JSON files of dir and removes those that were never renamed into place.
func eachRecord(dir string, visit func(path string) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), "new-") {
			err = os.Remove(path)
		} else {
			err = visit(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
