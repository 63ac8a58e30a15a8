// Package lingpai gets access tokens from a Lingpai token server. It needs Go 1.19 or later and the standard library only: copy
// this file into a directory of your module.
//
//	client, err := lingpai.New(lingpai.Config{URL: "https://tokens.internal:4180"}) // the key: LINGPAI_KEY
//	token, err := client.Token(ctx, "shop")
//
// Create one Client for each process; goroutines share it.
package lingpai

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// With so much life left, the server is asked for another token, at this interval.
	ahead, aheadInterval = 300 * time.Second, 50 * time.Second
	// A proxy holds the stream back if its first line does not come. Heartbeats come every 15 s.
	firstLine, silence = 5 * time.Second, 40 * time.Second
	// Without a stream, accounts are polled until it is tried again.
	pollWait, polling = 25 * time.Second, 5 * time.Minute
	longestBody       = 1 << 20
)

// Error is the error of all methods. It contains no token and no key.
type Error struct {
	Code    string // such as ERR_FORBIDDEN; errors.Is compares it
	Message string
	Hint    string // what to do
	Status  int    // HTTP status of the server's response; 0 without one
	// Class and code of the platform's failure, such as ip-denied and 40164.
	Class, PlatformCode string
	RetryAfter          time.Duration // until the same call may succeed; 0 if unknown
	cause               error
}

// Errors for errors.Is.
var (
	ErrConfig          = &Error{Code: "ERR_LINGPAI_CONFIG"}
	ErrClosed          = &Error{Code: "ERR_LINGPAI_CLOSED", Message: "the client was closed"}
	ErrTransport       = &Error{Code: "ERR_LINGPAI_TRANSPORT"} // no response, or not in time, or not of a token server
	ErrUnauthenticated = &Error{Code: "ERR_UNAUTHENTICATED", Status: 401, Hint: "create a client key with `lingpai key create`"}
	ErrForbidden       = &Error{Code: "ERR_FORBIDDEN", Status: 403, Hint: "reporting a rejected token needs a client key with the role reporter"}
	ErrNotFound        = &Error{Code: "ERR_NOT_FOUND", Status: 404, Hint: "use a name of the server's configuration; `lingpai key list` shows those of a key"}
)

func (e *Error) Error() string {
	text := "lingpai: " + e.Code + ": " + e.Message
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Is reports whether target has the same code and status.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Status == e.Status
}

// Unwrap returns the error of the transport or of the context.
func (e *Error) Unwrap() error { return e.cause }

// Token is a token. Printing it does not show the value.
type Token struct {
	Value      string `json:"-"`
	Generation int64  // grows by one with each new token of the account
	life       time.Duration
	askedAt    time.Time
}

// ExpiresIn returns the remaining life, by the clock that says less: one stands still in standby.
func (t Token) ExpiresIn() time.Duration {
	now := time.Now()
	passed := now.Sub(t.askedAt)
	if wall := now.Round(0).Sub(t.askedAt.Round(0)); wall > passed {
		passed = wall
	}
	return t.life - passed
}

// last is the remaining life at which it is better to get another token.
func (t Token) last() time.Duration {
	return shorter(10*time.Second, t.life/10)
}

// Format prints the token without its value, whatever the verb.
func (t Token) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "Token(generation %d, %s left)", t.Generation, t.ExpiresIn().Round(time.Second))
}

// Config configures a Client.
type Config struct {
	URL string // such as https://tokens.internal:4180; by default LINGPAI_URL
	// Key gives a client key and is called before each request; by default LINGPAI_KEY or the content of the file LINGPAI_KEY_FILE.
	Key        func(context.Context) (string, error)
	Timeout    time.Duration // of a request, includes the server's own request to the platform; by default 15 s
	HTTPClient *http.Client  // for proxies and certificates; its Timeout is not used
}

// Client gets tokens from a token server. Its methods are safe for concurrent use.
type Client struct {
	base    string
	key     func(context.Context) (string, error)
	timeout time.Duration
	http    *http.Client
	closed  context.Context
	end     context.CancelFunc

	mu        sync.Mutex
	accounts  map[string]*account
	pollUntil time.Time // accounts are polled until then
}

// New checks the configuration; it sends no request.
func New(config Config) (*Client, error) {
	if config.URL == "" {
		config.URL = os.Getenv("LINGPAI_URL")
	}
	address, err := url.Parse(config.URL)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" || address.User != nil ||
		address.RawQuery != "" || address.Fragment != "" {
		return nil, &Error{Code: ErrConfig.Code, Message: "URL must be an http or https URL with origin and path only",
			Hint: "use the address that `lingpai serve` prints, or set LINGPAI_URL"}
	}
	if config.Key == nil {
		config.Key = keyFromEnvironment
		if _, err := checkedKey(context.Background(), config.Key); err != nil {
			return nil, err
		}
	}
	if config.Timeout <= 0 {
		config.Timeout = 15 * time.Second
	}
	client := http.Client{}
	if config.HTTPClient != nil {
		client = *config.HTTPClient
	}
	client.Timeout = 0
	// A redirect would carry the key to another place.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	closed, end := context.WithCancel(context.Background())
	return &Client{base: strings.TrimRight(address.String(), "/"), key: config.Key, timeout: config.Timeout, http: &client,
		closed: closed, end: end, accounts: map[string]*account{}}, nil
}

// Key gives a fixed key to Config.
func Key(key string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return key, nil }
}

func keyFromEnvironment(context.Context) (string, error) {
	if key := os.Getenv("LINGPAI_KEY"); key != "" {
		return key, nil
	}
	file := os.Getenv("LINGPAI_KEY_FILE")
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

func checkedKey(ctx context.Context, read func(context.Context) (string, error)) (string, error) {
	key, err := read(ctx)
	if err != nil {
		return "", &Error{Code: ErrConfig.Code, Message: "the key cannot be read", cause: err}
	}
	key = strings.TrimSpace(key)
	if key == "" || strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return "", &Error{Code: ErrConfig.Code, Message: "the key must be a client key",
			Hint: "pass what `lingpai key create` printed, or set LINGPAI_KEY"}
	}
	return key, nil
}

// Token returns a token that is usable now. It does no I/O if one is in memory.
func (c *Client) Token(ctx context.Context, account string) (string, error) {
	token, err := c.Record(ctx, account, 0)
	return token.Value, err
}

// Record returns the token with its generation and remaining life; if the server has one, a token that is usable for minLife.
func (c *Client) Record(ctx context.Context, account string, minLife time.Duration) (Token, error) {
	state, err := c.account(account)
	if err != nil {
		return Token{}, err
	}
	return c.obtain(ctx, state, minLife, false)
}

// Rejection names a token that an API rejected, by its value or its generation.
type Rejection struct {
	Token      string `json:"access_token,omitempty"`
	Generation int64  `json:"generation,omitempty"`
	Code       any    `json:"code,omitempty"` // of the API, a number or a string
}

// ReportRejected reports that an API rejected a token, and returns the one to use instead. All reports of one token cause one
// refresh; a token that was replaced needs no request. For a code that is not a token error of the platform, the error has
// Status 400. Repeat the API call only once.
func (c *Client) ReportRejected(ctx context.Context, account string, rejected Rejection) (string, error) {
	state, err := c.account(account)
	if err != nil {
		return "", err
	}
	state.mu.Lock()
	held := state.token
	if held != nil && rejected.Token == held.Value {
		rejected.Token, rejected.Generation = "", held.Generation
	}
	isOlder := held != nil && rejected.Generation < held.Generation
	if !isOlder && state.rejection == nil {
		state.rejection = &rejected
	}
	state.mu.Unlock()
	token, err := c.obtain(ctx, state, 0, true)
	return token.Value, err
}

// Close closes all connections. Pending and later calls return ErrClosed.
func (c *Client) Close() error {
	c.end()
	c.http.CloseIdleConnections()
	return nil
}

// String returns the address of the server.
func (c *Client) String() string { return "lingpai.Client(" + c.base + ")" }

// account is what the client knows of one account; its mutex guards all fields but path.
type account struct {
	path      string
	mu        sync.Mutex
	token     *Token
	rejection *Rejection // not reported yet; until then, its token is not handed out
	flight    *flight
	announced int64     // the generation that the server announced; 0 without one
	failure   *Error    // of the last request
	failures  int       // in a row
	askAt     time.Time // after a failure, and for requests ahead
}

// flight is one request for a token, shared by all callers of an account.
type flight struct {
	minLife time.Duration
	tries   int
	done    chan struct{}
	token   *Token
	err     *Error
}

func (a *account) isRejected() bool {
	r := a.rejection
	return r != nil && a.token != nil && (r.Token == a.token.Value || r.Generation == a.token.Generation)
}

func (a *account) usable() *Token {
	if a.token == nil || a.token.ExpiresIn() <= 0 || a.isRejected() {
		return nil
	}
	return a.token
}

func (a *account) isBehind() bool {
	return a.token != nil && a.announced != 0 && a.announced != a.token.Generation
}

func (a *account) adopt(token *Token, reported *Rejection) {
	a.token, a.failure, a.failures = token, nil, 0
	a.askAt = time.Now().Add(aheadInterval)
	// After a report, the server vouches for its token, even if that is the same.
	if a.rejection == reported || !a.isRejected() {
		a.rejection = nil
	}
}

func (a *account) fail(err *Error, reported *Rejection) {
	if reported != nil && (err.Status == http.StatusBadRequest || err.Status == http.StatusForbidden) {
		a.rejection = nil
		return
	}
	pause := 10 * time.Second
	if err.Is(ErrTransport) || err.Status == http.StatusInternalServerError || err.Status == http.StatusServiceUnavailable {
		pause = backoff(a.failures)
	}
	if err.RetryAfter > 0 {
		pause = err.RetryAfter
	}
	a.failure, a.failures, a.askAt = err, a.failures+1, time.Now().Add(pause)
}

func (c *Client) account(name string) (*account, error) {
	if c.closed.Err() != nil {
		return nil, ErrClosed
	}
	if name == "" {
		return nil, &Error{Code: ErrConfig.Code, Message: "the account must not be empty"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	state := c.accounts[name]
	if state == nil {
		state = &account{path: "/v1/accounts/" + url.PathEscape(name)}
		c.accounts[name] = state
		if len(c.accounts) == 1 {
			go c.watch()
		} else if time.Now().Before(c.pollUntil) {
			go c.poll(state, c.pollUntil)
		}
	}
	return state, nil
}

func (c *Client) obtain(ctx context.Context, state *account, minLife time.Duration, isReport bool) (Token, error) {
	var answer *Token
	for {
		state.mu.Lock()
		token, mayAsk, running := state.usable(), !time.Now().Before(state.askAt), state.flight
		// Near its end a caller waits a little for another token, and else gets this one.
		if token != nil && (token == answer || token.ExpiresIn() > minLife && token.ExpiresIn() > token.last()) {
			if running == nil && mayAsk && token.ExpiresIn() <= ahead {
				c.start(state, 0, 0)
			}
			state.mu.Unlock()
			return *token, nil
		}
		failure := state.failure
		if running == nil && (failure == nil || mayAsk) {
			running = c.start(state, minLife, 0)
		}
		state.mu.Unlock()
		if running == nil {
			return lastResort(token, minLife, failure)
		}
		var patience <-chan time.Time
		if token != nil && token.ExpiresIn() > minLife {
			patience = time.After(shorter(time.Second, token.ExpiresIn()/2))
		}
		select {
		case <-running.done:
		case <-patience:
			if token, err := lastResort(token, minLife, ErrTransport); err == nil {
				return token, nil
			}
			continue
		case <-ctx.Done():
			return Token{}, &Error{Code: ErrTransport.Code, Message: "the caller did not wait for the token server", cause: ctx.Err()}
		}
		if running.err != nil {
			state.mu.Lock()
			token = state.usable()
			state.mu.Unlock()
			if isReport {
				return Token{}, running.err
			}
			return lastResort(token, minLife, running.err)
		}
		if running.minLife >= minLife {
			answer = running.token
		}
	}
}

// lastResort serves a living token to its end.
func lastResort(token *Token, minLife time.Duration, failure *Error) (Token, error) {
	if token != nil && token.ExpiresIn() > minLife && failure != ErrClosed {
		return *token, nil
	}
	return Token{}, failure
}

// start begins a request for all callers. The account is locked.
func (c *Client) start(state *account, minLife time.Duration, tries int) *flight {
	state.flight = &flight{minLife: minLife, tries: tries, done: make(chan struct{})}
	go c.fly(state, state.flight, state.rejection)
	return state.flight
}

func (c *Client) fly(state *account, running *flight, reported *Rejection) {
	running.token, running.err = c.ask(state.path, running.minLife, reported)
	state.mu.Lock()
	state.flight = nil
	if running.err == nil {
		state.adopt(running.token, reported)
	} else {
		state.fail(running.err, reported)
	}
	isBehind := state.isBehind()
	state.mu.Unlock()
	close(running.done)
	// Behind a load balancer, a server may not have the token yet that another one announced.
	if isBehind && running.tries < 3 {
		c.pause([]time.Duration{250 * time.Millisecond, 1500 * time.Millisecond, 9 * time.Second}[running.tries])
		state.mu.Lock()
		defer state.mu.Unlock()
		if state.isBehind() && state.flight == nil && c.closed.Err() == nil {
			c.start(state, 0, running.tries+1)
		}
	}
}

func (c *Client) ask(path string, minLife time.Duration, reported *Rejection) (*Token, *Error) {
	askedAt := time.Now()
	method, place, body := http.MethodGet, "/token", any(nil)
	if reported != nil {
		method, place, body = http.MethodPost, "/rejections", reported
	} else if minLife > 0 {
		place += fmt.Sprintf("?min_life=%.0f", math.Ceil(minLife.Seconds()))
	}
	var answer struct {
		AccessToken string  `json:"access_token"`
		ExpiresInMs float64 `json:"expires_in_ms"`
		Generation  int64   `json:"generation"`
	}
	if err := c.call(method, path+place, c.timeout, body, &answer); err != nil {
		return nil, err
	}
	if answer.AccessToken == "" || answer.ExpiresInMs <= 0 || answer.ExpiresInMs > 1e12 {
		return nil, &Error{Code: ErrTransport.Code, Message: "the response is not that of a token server"}
	}
	life := time.Duration(answer.ExpiresInMs) * time.Millisecond
	return &Token{Value: answer.AccessToken, Generation: answer.Generation, life: life, askedAt: askedAt}, nil
}

// update is a rotated event or a status.
type update struct {
	Account, Name, State string
	Generation           int64
}

// note fetches another token in the background.
func (c *Client) note(told update) {
	if told.Account == "" {
		told.Account = told.Name
	}
	c.mu.Lock()
	state := c.accounts[told.Account]
	c.mu.Unlock()
	if state == nil || told.Generation == 0 {
		return
	}
	state.mu.Lock()
	defer state.mu.Unlock()
	isNews := state.announced != told.Generation
	state.announced = told.Generation
	if told.State != "failing" && told.State != "expired" {
		state.failure = nil // the server is back, so an earlier failure must not delay the next call
	}
	if isNews && state.isBehind() && state.flight == nil {
		c.start(state, 0, 0)
	}
}

// watch follows the event stream; where there is none, it polls each account.
func (c *Client) watch() {
	for failures := 0; c.closed.Err() == nil; c.pause(backoff(failures)) {
		if c.follow() {
			failures = 0
			continue
		}
		failures++
		until := time.Now().Add(polling)
		var polls sync.WaitGroup
		c.mu.Lock()
		c.pollUntil = until
		for _, state := range c.accounts {
			polls.Add(1)
			go func(state *account) {
				defer polls.Done()
				c.poll(state, until)
			}(state)
		}
		c.mu.Unlock()
		polls.Wait()
	}
}

// follow reads the event stream to its end, and reports whether it was open.
func (c *Client) follow() (isOpen bool) {
	ctx, cancel := context.WithCancel(c.closed)
	defer cancel()
	quiet := time.AfterFunc(firstLine, cancel)
	defer quiet.Stop()
	response, err := c.send(ctx, http.MethodGet, "/v1/events", "text/event-stream", nil)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return false
	}
	event := ""
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, longestBody)
	for lines.Scan() {
		isOpen = true
		quiet.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ": ")
		var told update
		if name == "event" {
			event = value
		} else if name == "data" && (event == "status" || event == "rotated") && json.Unmarshal([]byte(value), &told) == nil {
			c.note(told)
		}
	}
	return isOpen
}

// poll waits for changes of one account, until a moment or a failure.
func (c *Client) poll(state *account, until time.Time) {
	for time.Now().Before(until) {
		state.mu.Lock()
		known := state.announced
		if known == 0 && state.token != nil {
			known = state.token.Generation
		}
		state.mu.Unlock()
		var told update
		path := fmt.Sprintf("%s/changes?generation=%d&wait=%.0f", state.path, known, pollWait.Seconds())
		if err := c.call(http.MethodGet, path, pollWait+10*time.Second, nil, &told); err != nil {
			return
		}
		c.note(told)
		c.pause(100 * time.Millisecond)
	}
}

// call sends a request and reads the JSON of the response; 204 has none.
func (c *Client) call(method, path string, timeout time.Duration, body, answer any) *Error {
	ctx, cancel := context.WithTimeout(c.closed, timeout)
	defer cancel()
	response, failure := c.send(ctx, method, path, "application/json", body)
	if failure != nil {
		return failure
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestBody))
	if err != nil {
		return c.transportError(err)
	}
	switch {
	case response.StatusCode == http.StatusNoContent:
		return nil
	case response.StatusCode != http.StatusOK:
		return errorIn(response, text)
	case json.Unmarshal(text, answer) != nil:
		return &Error{Code: ErrTransport.Code, Message: "the response is not that of a token server"}
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path, accept string, body any) (*http.Response, *Error) {
	key, err := checkedKey(ctx, c.key)
	if err != nil {
		return nil, err.(*Error)
	}
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return nil, &Error{Code: ErrConfig.Code, Message: "the request cannot be built", cause: err}
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.transportError(err)
	}
	return response, nil
}

func (c *Client) transportError(err error) *Error {
	if c.closed.Err() != nil {
		return ErrClosed
	}
	message := "the token server cannot be reached"
	if errors.Is(err, context.DeadlineExceeded) {
		message = "the token server did not respond in time"
	}
	return &Error{Code: ErrTransport.Code, Message: message, cause: err}
}

func errorIn(response *http.Response, text []byte) *Error {
	var answer struct {
		Error *struct {
			Code, Message, Class string
			PlatformCode         any `json:"platform_code"`
			Hint                 struct{ En string }
		}
	}
	if json.Unmarshal(text, &answer) != nil || answer.Error == nil {
		return &Error{Code: ErrTransport.Code, Message: fmt.Sprintf("HTTP %d, but not from a token server", response.StatusCode)}
	}
	told := answer.Error
	found := &Error{Code: told.Code, Message: told.Message, Status: response.StatusCode, Class: told.Class, Hint: told.Hint.En}
	for _, known := range []*Error{ErrUnauthenticated, ErrForbidden, ErrNotFound} {
		if found.Is(known) && found.Hint == "" {
			found.Hint = known.Hint
		}
	}
	if told.PlatformCode != nil {
		found.PlatformCode = fmt.Sprint(told.PlatformCode)
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		found.RetryAfter = time.Duration(seconds) * time.Second
	}
	return found
}

func (c *Client) pause(duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.closed.Done():
	}
}

func shorter(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}

func backoff(failures int) time.Duration {
	seconds := math.Min(30, 0.5*math.Pow(2, math.Min(float64(failures), 6)))
	return time.Duration(seconds * (0.5 + jitter()/2) * float64(time.Second))
}

// jitter returns a number from 0 to 1. Before Go 1.20, math/rand gives every process the same ones.
func jitter() float64 { return float64(time.Now().UnixNano()%1000) / 1000 }
