// The servers that a Go programmer would write: an echo of frames behind a 4-byte length through bufio, which leaves when
// nothing more has arrived, and a relay of two goroutines for each client.
//
//	go_peer PORT-FILE echo
//	go_peer PORT-FILE relay UPSTREAM-PORT
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
)

const maxFrameBytes = 1 << 20

func echo(client net.Conn) {
	defer client.Close()
	reader := bufio.NewReaderSize(client, 64<<10)
	writer := bufio.NewWriterSize(client, 64<<10)
	frame := make([]byte, 4+maxFrameBytes)
	for {
		if _, err := io.ReadFull(reader, frame[:4]); err != nil {
			return
		}
		length := binary.BigEndian.Uint32(frame)
		if length > maxFrameBytes {
			return
		}
		if _, err := io.ReadFull(reader, frame[4:4+length]); err != nil {
			return
		}
		if _, err := writer.Write(frame[:4+length]); err != nil {
			return
		}
		if reader.Buffered() == 0 && writer.Flush() != nil {
			return
		}
	}
}

// Not io.Copy: between two sockets it would be splice(2), which sees no bytes.
func pass(from, to *net.TCPConn, done chan<- struct{}) {
	buffer := make([]byte, 64<<10)
	for {
		count, err := from.Read(buffer)
		if count > 0 {
			if _, err := to.Write(buffer[:count]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	to.CloseWrite()
	done <- struct{}{}
}

func relay(client net.Conn, upstream string) {
	defer client.Close()
	server, err := net.Dial("tcp", upstream)
	if err != nil {
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	go pass(client.(*net.TCPConn), server.(*net.TCPConn), done)
	go pass(server.(*net.TCPConn), client.(*net.TCPConn), done)
	<-done
	<-done
}

func main() {
	if len(os.Args) < 3 {
		os.Exit(64)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(listener.Addr().String()+"\n"), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			continue
		}
		if os.Args[2] == "echo" {
			go echo(client)
		} else {
			go relay(client, "127.0.0.1:"+os.Args[3])
		}
	}
}
