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
	stream      io.Reader // in the place of body, size bytes long
	size        int64
}

// ok is the answer 200 with a JSON body, or with what an endpoint gives in its place.
func ok(v any) answer {
	switch v := v.(type) {
	case content:
		return streamed(v)
	case redirect:
		return answer{status: http.StatusFound, contentType: "text/plain; charset=utf-8", headers: [][2]string{{"Location", v.location}}}
	}
	return answer{status: http.StatusOK, contentType: "application/json; charset=utf-8", body: appendJSON(nil, v)}
}

// streamed is the answer 200 with the bytes of a file.
func streamed(c content) answer {
	return answer{status: http.StatusOK, contentType: c.mimeType, stream: c.bytes, size: c.size}
}

// length is how many bytes the body has.
func (a answer) length() int64 {
	if a.stream != nil {
		return a.size
	}
	return int64(len(a.body))
}

func (a answer) reader() io.Reader {
	if a.stream != nil {
		return a.stream
	}
	return bytes.NewReader(a.body)
}

// with returns the answer with further headers.
func (a answer) with(headers [][2]string) answer {
	a.headers = append(a.headers, headers...)
	return a
}

func (a answer) fill(h http.Header) {
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.FormatInt(a.length(), 10))
	for _, pair := range a.headers {
		h.Set(pair[0], pair[1])
	}
}

func (a answer) writeTo(w http.ResponseWriter) {
	a.fill(w.Header())
	w.WriteHeader(a.status)
	_, _ = io.Copy(w, a.reader()) // a client that has gone away is not the server's failure
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
		Body:          io.NopCloser(a.reader()),
		ContentLength: a.length(),
		Request:       r,
	}
}
