// Runs a lingpai.Client on commands: one JSON object per line in, one out. Prints digests, never tokens.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"driver/lingpai"
)

type command struct {
	Do, Account string
	Callers     int
	MinLife     float64
	Code        any
	Generation  int64
}

var (
	client *lingpai.Client
	mu     sync.Mutex
	held   = map[string]string{}
	names  = map[*lingpai.Error]string{lingpai.ErrConfig: "ConfigError", lingpai.ErrClosed: "ClosedError",
		lingpai.ErrTransport: "TransportError", lingpai.ErrUnauthenticated: "UnauthenticatedError",
		lingpai.ErrForbidden: "ForbiddenError", lingpai.ErrNotFound: "NotFoundError"}
)

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("%x", sum)[:16]
}

func outcome(account string, call func() (string, error)) map[string]any {
	token, err := call()
	if err == nil {
		mu.Lock()
		held[account] = token
		mu.Unlock()
		return map[string]any{"token": digest(token)}
	}
	name := "ServerError"
	for known, title := range names {
		if errors.Is(err, known) {
			name = title
		}
	}
	var typed *lingpai.Error
	errors.As(err, &typed)
	return map[string]any{"error": name, "code": typed.Code, "status": typed.Status, "hint": typed.Hint,
		"platformCode": typed.PlatformCode, "text": fmt.Sprintf("%v %+v %#v", err, err, err)}
}

func together(callers int, call func() map[string]any) []map[string]any {
	if callers == 0 {
		callers = 1
	}
	results := make([]map[string]any, callers)
	start := make(chan struct{})
	var all sync.WaitGroup
	for place := range results {
		all.Add(1)
		go func(place int) {
			defer all.Done()
			<-start
			results[place] = call()
		}(place)
	}
	close(start)
	all.Wait()
	return results
}

// drain serves the token until it fails, and reports how much life was left at the last success.
func drain(ctx context.Context, account string) map[string]any {
	left, calls := time.Duration(0), 0
	for {
		record, err := client.Record(ctx, account, 0)
		if err != nil {
			found := outcome(account, func() (string, error) { return client.Token(ctx, account) })
			found["left"], found["calls"] = left.Seconds(), calls
			return found
		}
		left, calls = record.ExpiresIn(), calls+1
		time.Sleep(2 * time.Millisecond)
	}
}

func answer(ctx context.Context, asked command) any {
	token := func() (string, error) { return client.Token(ctx, asked.Account) }
	switch asked.Do {
	case "token":
		return together(asked.Callers, func() map[string]any {
			return outcome(asked.Account, func() (string, error) {
				record, err := client.Record(ctx, asked.Account, time.Duration(asked.MinLife*float64(time.Second)))
				return record.Value, err
			})
		})
	case "reject":
		rejected := lingpai.Rejection{Token: held[asked.Account], Code: asked.Code}
		if asked.Generation != 0 {
			rejected = lingpai.Rejection{Generation: asked.Generation, Code: asked.Code}
		}
		return together(asked.Callers, func() map[string]any {
			return outcome(asked.Account, func() (string, error) { return client.ReportRejected(ctx, asked.Account, rejected) })
		})
	case "until-changed":
		before := held[asked.Account]
		for {
			found := outcome(asked.Account, token)
			if found["token"] != digest(before) {
				return found
			}
			time.Sleep(5 * time.Millisecond)
		}
	case "until-usable":
		for {
			if found := outcome(asked.Account, token); found["error"] == nil {
				return found
			}
			time.Sleep(5 * time.Millisecond)
		}
	case "drain":
		return drain(ctx, asked.Account)
	case "show":
		record, _ := client.Record(ctx, asked.Account, 0)
		text, _ := json.Marshal(record)
		return fmt.Sprintf("%v %+v %#v %s %d %v %+v %#v %s %d %s", client, client, client, client, client,
			record, record, record, record, record, text)
	case "close":
		_ = client.Close()
		return outcome(asked.Account, token)
	}
	panic("unknown command " + asked.Do)
}

func main() {
	var given struct {
		URL, Key string
		Timeout  float64
	}
	if err := json.Unmarshal([]byte(os.Args[1]), &given); err != nil {
		panic(err)
	}
	config := lingpai.Config{URL: given.URL, Timeout: time.Duration(given.Timeout * float64(time.Second))}
	if given.Key != "" {
		config.Key = lingpai.Key(given.Key)
	}
	out := json.NewEncoder(os.Stdout)
	var err error
	if client, err = lingpai.New(config); err != nil {
		_ = out.Encode(outcome("", func() (string, error) { return "", err }))
		return
	}
	_ = out.Encode("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		_ = out.Encode(answer(context.Background(), asked))
	}
}
