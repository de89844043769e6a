package embedded

import (
	"encoding/xml"
	"errors"
	"net/http"
)

// fault is an S3 error code; it is the error that a handler returns for what is the client's doing.
type fault string

const (
	faultAccessDenied      fault = "AccessDenied"
	faultBadDigest         fault = "BadDigest"
	faultBrokenObject      fault = "BrokenMPU" // Swift's own code for a multipart object whose part was replaced
	faultBucketNotEmpty    fault = "BucketNotEmpty"
	faultBucketOwned       fault = "BucketAlreadyOwnedByYou"
	faultEntityTooLarge    fault = "EntityTooLarge"
	faultEntityTooSmall    fault = "EntityTooSmall"
	faultIncompleteBody    fault = "IncompleteBody"
	faultInternal          fault = "InternalError"
	faultInvalidArgument   fault = "InvalidArgument"
	faultInvalidBucketName fault = "InvalidBucketName"
	faultInvalidDigest     fault = "InvalidDigest"
	faultInvalidPart       fault = "InvalidPart"
	faultInvalidPartOrder  fault = "InvalidPartOrder"
	faultInvalidRange      fault = "InvalidRange"
	faultInvalidRequest    fault = "InvalidRequest"
	faultInvalidURI        fault = "InvalidURI"
	faultKeyTooLong        fault = "KeyTooLongError"
	faultMalformedXML      fault = "MalformedXML"
	faultMethodNotAllowed  fault = "MethodNotAllowed"
	faultMissingLength     fault = "MissingContentLength"
	faultNoSuchBucket      fault = "NoSuchBucket"
	faultNoSuchKey         fault = "NoSuchKey"
	faultNoSuchUpload      fault = "NoSuchUpload"
	faultNotImplemented    fault = "NotImplemented"
	faultSignature         fault = "SignatureDoesNotMatch"
	faultTimeSkewed        fault = "RequestTimeTooSkewed"
	faultUnknownAccessKey  fault = "InvalidAccessKeyId"
)

// Error is the code.
func (f fault) Error() string { return string(f) }

func (f fault) status() int {
	switch f {
	case faultAccessDenied, faultSignature, faultTimeSkewed, faultUnknownAccessKey:
		return http.StatusForbidden
	case faultNoSuchBucket, faultNoSuchKey, faultNoSuchUpload:
		return http.StatusNotFound
	case faultBucketNotEmpty, faultBucketOwned, faultBrokenObject:
		return http.StatusConflict
	case faultInvalidRange:
		return http.StatusRequestedRangeNotSatisfiable
	case faultMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case faultMissingLength:
		return http.StatusLengthRequired
	case faultNotImplemented:
		return http.StatusNotImplemented
	case faultInternal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func faultOf(err error) (code fault, known bool) {
	if errors.As(err, &code) {
		return code, true
	}
	return faultInternal, false
}

func writeFault(w http.ResponseWriter, r *http.Request, code fault) {
	for _, name := range []string{"Content-Length", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified"} {
		w.Header().Del(name)
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(code.status())
		return
	}
	writeXML(w, code.status(), struct {
		XMLName  xml.Name `xml:"Error"`
		Code     string
		Message  string
		Resource string
	}{Code: string(code), Message: string(code), Resource: r.URL.Path})
}

func writeXML(w http.ResponseWriter, status int, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	// A client that has gone away is the only reason for a failure here, and there is nobody left to tell.
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
