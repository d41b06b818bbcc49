package trellotest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// answer is a whole HTTP answer.
type answer struct {
	status      int
	contentType string
	body        []byte
	headers     [][2]string
}

// ok is the answer 200 with a JSON body.
func ok(v any) answer {
	return answer{http.StatusOK, "application/json; charset=utf-8", appendJSON(nil, v), nil}
}

// with returns the answer with further headers.
func (a answer) with(headers [][2]string) answer {
	a.headers = append(a.headers, headers...)
	return a
}

func (a answer) fill(h http.Header) {
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	for _, pair := range a.headers {
		h.Set(pair[0], pair[1])
	}
}

func (a answer) writeTo(w http.ResponseWriter) {
	a.fill(w.Header())
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone away is not the server's failure
}

// response is the answer as an http client gets it.
func (a answer) response(r *http.Request) *http.Response {
	h := http.Header{}
	a.fill(h)
	return &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        h,
		Body:          io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}
}
