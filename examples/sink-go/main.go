// A sink for event-exporter in one file: what a receiver has to check, and nothing else.
//
// Requirements on a sink: accept POST with one CloudEvent 1.0 in structured JSON mode, content type exactly
// "application/cloudevents+json"; verify the bearer token; answer 2xx when the event is taken, 4xx or 5xx when it is
// not. Delivery is at least once, so the same event may come again, under the same source and id: remember them.
//
//	go run . --port 0 --token secret-token                     a fixed token
//	go run . --port 0 --client-id exporter --client-secret s   a token endpoint of its own at /token
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	contentType   = "application/cloudevents+json"
	maxBodyBytes  = 4 << 20
	maxFormBytes  = 64 << 10
	maxRemembered = 1_000_000 // ids; the oldest are forgotten first
	listed        = 100
	drain         = 10 * time.Second // longest time for requests under way when it is told to end
)

// tokens knows which bearer tokens are good: one fixed, or those handed out by /token until they expire. Only digests
// are kept and looked up, so that the time of a look-up says nothing about a token.
type tokens struct {
	fixed    string // empty: there is none
	lifetime time.Duration

	mutex  sync.Mutex
	issued map[[sha256.Size]byte]time.Time // when it expires
}

func newTokens(fixed string, lifetime time.Duration) *tokens {
	return &tokens{fixed: fixed, lifetime: lifetime, issued: map[[sha256.Size]byte]time.Time{}}
}

func (t *tokens) issue() (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(random)
	now := time.Now()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for digest, end := range t.issued {
		if !end.After(now) {
			delete(t.issued, digest)
		}
	}
	t.issued[sha256.Sum256([]byte(token))] = now.Add(t.lifetime)
	return token, nil
}

func (t *tokens) good(token string) bool {
	if t.fixed != "" && same(token, t.fixed) {
		return true
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	end, known := t.issued[sha256.Sum256([]byte(token))]
	return known && time.Now().Before(end)
}

// same compares in a time that tells neither how much of the texts is equal nor how long they are.
func same(a, b string) bool {
	left, right := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(left[:], right[:]) == 1
}

// key says which event it is (CloudEvents 1.0.2, "id").
type key struct{ source, id string }

// inbox holds the events taken, each once.
type inbox struct {
	mutex      sync.Mutex
	seen       map[key]struct{}
	order      []key // of arrival; a ring once it is full
	oldest     int   // in order, when it is full
	last       []json.RawMessage
	received   int
	duplicates int
	rejected   int
}

func newInbox() *inbox {
	return &inbox{seen: map[key]struct{}{}, last: []json.RawMessage{}}
}

func (b *inbox) take(k key, event json.RawMessage) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.received++
	if _, known := b.seen[k]; known {
		b.duplicates++
		return
	}
	b.seen[k] = struct{}{}
	if len(b.order) < maxRemembered {
		b.order = append(b.order, k)
	} else {
		delete(b.seen, b.order[b.oldest])
		b.order[b.oldest] = k
		b.oldest = (b.oldest + 1) % maxRemembered
	}
	if len(b.last) == listed {
		copy(b.last, b.last[1:])
		b.last = b.last[:listed-1]
	}
	b.last = append(b.last, event)
}

func (b *inbox) reject() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.rejected++
}

// summary is what /events/list shows.
type summary struct {
	Count      int               `json:"count"`
	Received   int               `json:"received"`
	Duplicates int               `json:"duplicates"`
	Rejected   int               `json:"rejected"`
	Events     []json.RawMessage `json:"events"`
}

func (b *inbox) summary() summary {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return summary{len(b.seen), b.received, b.duplicates, b.rejected, append([]json.RawMessage{}, b.last...)}
}

// keyOf gives the event's key, or why this is no CloudEvent that we can take. It reads into maps, since
// encoding/json would fill the fields of a struct from names in another letter case too.
func keyOf(body []byte) (key, error) {
	if !json.Valid(body) {
		return key{}, errors.New("the body is not JSON")
	}
	var event map[string]any
	if json.Unmarshal(body, &event) != nil || event == nil {
		return key{}, errors.New("the body is not a JSON object")
	}
	if event["specversion"] != "1.0" {
		return key{}, errors.New(`specversion is not "1.0"`)
	}
	for _, name := range []string{"id", "source", "type"} { // CloudEvents 1.0.2, "Required attributes"
		if text, isText := event[name].(string); !isText || text == "" {
			return key{}, fmt.Errorf("attribute %s is missing or not a non-empty string", name)
		}
	}
	if stamp, present := event["time"]; present && !isTimestamp(stamp) {
		return key{}, errors.New("attribute time is not an RFC 3339 timestamp")
	}
	data, _ := event["data"].(map[string]any)
	if _, present := data["healthEvent"].(map[string]any); !present {
		return key{}, errors.New("data has no healthEvent")
	}
	return key{event["source"].(string), event["id"].(string)}, nil
}

func isTimestamp(value any) bool {
	text, isText := value.(string)
	_, err := time.Parse(time.RFC3339, text)
	return isText && err == nil
}

// sink is the HTTP side.
type sink struct {
	tokens                 *tokens
	inbox                  *inbox
	clientID, clientSecret string // empty: there is no /token
}

func (s *sink) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/events", only(http.MethodPost, s.takeEvent))
	mux.HandleFunc("/events/list", only(http.MethodGet, s.list))
	if s.clientID != "" {
		mux.HandleFunc("/token", only(http.MethodPost, s.giveToken))
	}
	return mux
}

func only(method string, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			refuse(w, http.StatusMethodNotAllowed, "only "+method)
			return
		}
		handle(w, r)
	}
}

func (s *sink) takeEvent(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || !s.tokens.good(token) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "the bearer token is missing or not good")
		return
	}
	if r.Header.Get("Content-Type") != contentType {
		s.reject(w, http.StatusUnsupportedMediaType, "the content type is not "+contentType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		s.reject(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return
	}
	if err != nil {
		return // the sender has gone; nobody is left to answer
	}
	k, err := keyOf(body)
	if err != nil {
		s.reject(w, http.StatusBadRequest, err.Error())
		return
	}
	s.inbox.take(k, body) // one that we have already is taken just as well
	w.WriteHeader(http.StatusAccepted)
}

func (s *sink) reject(w http.ResponseWriter, status int, reason string) {
	s.inbox.reject()
	refuse(w, status, reason)
}

func (s *sink) list(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.inbox.summary())
}

func (s *sink) giveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if r.ParseForm() != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	// From the Authorization header or from the form (RFC 6749 section 2.3.1).
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	// Both are compared, always.
	if goodID, goodSecret := same(id, s.clientID), same(secret, s.clientSecret); !goodID || !goodSecret {
		w.Header().Set("WWW-Authenticate", "Basic")
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	token, err := s.tokens.issue()
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "no random numbers")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answer(w, http.StatusOK, map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(s.tokens.lifetime.Seconds())})
}

func refuse(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]string{"error": reason})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("an answer could not be sent: %v", err)
	}
}

// serve takes requests on 127.0.0.1 until ctx ends, then lets those under way end.
func serve(ctx context.Context, port int, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	return server.Shutdown(end)
}

func main() {
	port := flag.Int("port", 8080, "0 takes any free one")
	token := flag.String("token", "", "the one bearer token that is good")
	clientID := flag.String("client-id", "", "serve a token endpoint at /token for this client")
	clientSecret := flag.String("client-secret", "", "the secret of --client-id")
	lifetime := flag.Int("token-lifetime", 3600, "of the tokens that /token hands out, in `seconds`")
	flag.Parse()
	problem := ""
	switch {
	case flag.NArg() > 0:
		problem = "unknown argument " + flag.Arg(0)
	case (*clientID == "") != (*clientSecret == ""):
		problem = "--client-id and --client-secret belong together"
	case *token == "" && *clientID == "":
		problem = "give --token, or --client-id and --client-secret"
	}
	if problem != "" {
		fmt.Fprintln(os.Stderr, problem)
		flag.Usage()
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	good := newTokens(*token, time.Duration(*lifetime)*time.Second)
	receiver := &sink{tokens: good, inbox: newInbox(), clientID: *clientID, clientSecret: *clientSecret}
	if err := serve(ctx, *port, receiver.handler()); err != nil {
		log.Fatal(err)
	}
}
