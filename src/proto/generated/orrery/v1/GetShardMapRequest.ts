// Original file: proto/orrery/v1/cluster_service.proto


export interface GetShardMapRequestInit {
}

export interface GetShardMapRequestMessage {
}
