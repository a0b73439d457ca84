"""Asks a server without generated code, by what it says of itself: python by_reflection.py HOST:PORT PATCH"""

import sys
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def main(server: str, patch: str) -> None:
    with grpc.insecure_channel(server) as channel:
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        method = pool.FindServiceByName("hunktrace.v1.Hunktrace").FindMethodByName("Lookup")
        question, reply = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        lookup: Any = channel.unary_unary(
            "/hunktrace.v1.Hunktrace/Lookup",
            request_serializer=question.SerializeToString,
            response_deserializer=reply.FromString,
        )
        for answered in lookup(question(name=patch, text=Path(patch).read_bytes())).patches:
            for candidate in answered.candidates:
                print(f"{candidate.confidence:.0%} {candidate.commit} {candidate.subject}")


if __name__ == "__main__":
    main(*sys.argv[1:])
